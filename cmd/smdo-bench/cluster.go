package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// cluster is a PostgreSQL server: one that a URL names, or a throw-away one from the installed binaries,
// with the durability of production.
type cluster struct {
	url     *pgx.ConnConfig
	process *exec.Cmd // nil when it is somebody else's
	dir     string
}

// openCluster takes the server that dsn names, or starts one under dir.
func openCluster(dsn, dir string) (*cluster, error) {
	c := &cluster{}
	if dsn == "" {
		var err error
		if dsn, err = c.start(dir); err != nil {
			return nil, fmt.Errorf("start PostgreSQL: %w", err)
		}
	}
	url, err := pgx.ParseConfig(dsn)
	if err != nil {
		c.stop()
		return nil, err
	}
	c.url = url
	return c, nil
}

// database makes an empty database and returns its URL; the one made before is dropped, so that its
// background work does not burden the next run.
func (c *cluster) database(ctx context.Context) (string, error) {
	conn, err := pgx.ConnectConfig(ctx, c.url.Copy())
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	name := fmt.Sprintf("smdo_bench_%d", os.Getpid())
	for _, sql := range []string{"drop database if exists " + name + " with (force)", "create database " + name, "checkpoint"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return "", fmt.Errorf("%s: %w", sql, err)
		}
	}
	return fmt.Sprintf("host=%s port=%d user=%s password='%s' dbname=%s sslmode=disable", c.url.Host, c.url.Port, c.url.User, c.url.Password, name), nil
}

// start makes a cluster: fsync, synchronous_commit and full_page_writes stand as PostgreSQL ships them.
func (c *cluster) start(dir string) (dsn string, err error) {
	bin, err := postgresBinaries()
	if err != nil {
		return "", err
	}
	if c.dir, err = os.MkdirTemp(dir, "smdo-bench-postgres-"); err != nil {
		return "", err
	}
	attributes, err := c.account()
	if err != nil {
		return "", err
	}
	data := filepath.Join(c.dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "smdo", "-A", "trust", "-E", "UTF8", "--locale=C")
	initdb.Dir, initdb.SysProcAttr = c.dir, attributes
	if out, err := initdb.CombinedOutput(); err != nil {
		return "", fmt.Errorf("initdb: %w\n%s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return "", err
	}
	c.process = exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", c.dir, "-p", strconv.Itoa(port), "-c", "listen_addresses=127.0.0.1",
		"-c", "shared_buffers=256MB", "-c", "max_wal_size=2GB", "-c", "wal_buffers=16MB", "-c", "logging_collector=off", "-c", "log_destination=stderr")
	c.process.Dir, c.process.SysProcAttr = c.dir, attributes
	log, err := c.process.StderrPipe()
	if err != nil {
		return "", err
	}
	if err := c.process.Start(); err != nil {
		return "", err
	}
	var said strings.Builder
	for lines := bufio.NewScanner(log); lines.Scan(); {
		fmt.Fprintln(&said, lines.Text())
		if strings.Contains(lines.Text(), "ready to accept connections") {
			go func() { _, _ = io.Copy(io.Discard, log) }()
			return fmt.Sprintf("postgres://smdo@127.0.0.1:%d/postgres?sslmode=disable", port), nil
		}
	}
	return "", fmt.Errorf("the server ended\n%s", said.String())
}

// pid is the server's process; 0 for somebody else's.
func (c *cluster) pid() int {
	if c == nil || c.process == nil {
		return 0
	}
	return c.process.Process.Pid
}

func (c *cluster) stop() {
	if c.process != nil && c.process.Process != nil {
		_ = c.process.Process.Signal(syscall.SIGQUIT)
		_ = c.process.Wait()
	}
	if c.dir != "" {
		_ = os.RemoveAll(c.dir)
	}
}

// account says as whom the server runs: PostgreSQL refuses root. It dies with this process.
func (c *cluster) account() (*syscall.SysProcAttr, error) {
	attributes := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Geteuid() != 0 {
		return attributes, nil
	}
	who, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(who.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(who.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	attributes.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attributes, os.Chown(c.dir, int(uid), int(gid))
}

// postgresBinaries returns the folder of the newest PostgreSQL.
func postgresBinaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		return n
	}
	if len(found) > 0 {
		return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
	}
	path, err := exec.LookPath("initdb")
	return filepath.Dir(path), err
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
