package pgtest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// server is a running cluster.
type server struct {
	dir     string
	port    int
	process *os.Process
	ended   chan struct{} // closed when the server has exited
}

const prefix = "smdo-pgtest-" // of the directories, followed by the process id of the test

const query = "?sslmode=disable" // of the URLs

func (c *server) url(database string) string {
	return fmt.Sprintf("postgres://smdo@127.0.0.1:%d/%s%s", c.port, database, query)
}

// start makes a cluster and waits until it takes connections.
func start() (*server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	sweep()
	who, err := account()
	if err != nil {
		return nil, err
	}
	c := &server{ended: make(chan struct{})}
	if c.dir, err = os.MkdirTemp("", fmt.Sprintf("%s%d-", prefix, os.Getpid())); err != nil {
		return nil, err
	}
	if who != nil {
		if err := os.Chown(c.dir, int(who.Uid), int(who.Gid)); err != nil {
			return nil, err
		}
	}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", c.data(), "-U", "smdo", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = c.dir, &syscall.SysProcAttr{Credential: who}
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if c.port, err = freePort(); err != nil {
		return nil, err
	}
	return c, c.run(bin, who)
}

func (c *server) data() string { return filepath.Join(c.dir, "data") }

// run starts the server; fsync is on, that is PostgreSQL's default. The kernel sends it SIGQUIT, an immediate shutdown, when the thread that started
// it ends; so one thread is kept for that and lives as long as this process.
func (c *server) run(bin string, who *syscall.Credential) error {
	cmd := exec.Command(filepath.Join(bin, "postgres"), "-D", c.data(), "-k", c.dir, "-p", strconv.Itoa(c.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "shared_buffers=64MB", "-c", "max_connections=200",
		"-c", "max_wal_size=512MB", "-c", "logging_collector=off", "-c", "log_destination=stderr", "-c", "timezone=UTC")
	cmd.Dir = c.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who, Pdeathsig: syscall.SIGQUIT}
	log, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked
		err := cmd.Start()
		started <- err
		if err == nil {
			<-c.ended
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	c.process = cmd.Process
	ready := make(chan error, 1)
	go c.follow(cmd, log, ready)
	return <-ready
}

// follow reads the server's log to its end, and says when it is ready.
func (c *server) follow(cmd *exec.Cmd, log io.Reader, ready chan<- error) {
	defer close(c.ended)
	var seen strings.Builder
	lines, told := bufio.NewScanner(log), false
	for lines.Scan() {
		if told {
			continue
		}
		fmt.Fprintln(&seen, lines.Text())
		if strings.Contains(lines.Text(), "ready to accept connections") {
			told = true
			ready <- nil
		}
	}
	err := cmd.Wait()
	if !told {
		ready <- fmt.Errorf("postgres ended: %w\n%s", err, seen.String())
	}
}

func (c *server) stop() {
	_ = c.process.Signal(syscall.SIGQUIT)
	<-c.ended
	_ = os.RemoveAll(c.dir)
}

// binaries returns the folder of the newest PostgreSQL.
func binaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	best, version := "", 0
	for _, f := range found {
		dir := filepath.Dir(f)
		if v, err := strconv.Atoi(filepath.Base(filepath.Dir(dir))); err == nil && v > version {
			best, version = dir, v
		}
	}
	if best != "" {
		return best, nil
	}
	if f, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(f), nil
	}
	return "", errMissing
}

// account returns who the server runs as: PostgreSQL refuses root.
func account() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("tests run as root and need the user postgres: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// sweep removes what test processes left that are no more.
func sweep() {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	for _, dir := range dirs {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), prefix), "-")
		if n, err := strconv.Atoi(pid); err == nil && syscall.Kill(n, 0) == syscall.ESRCH {
			_ = os.RemoveAll(dir)
		}
	}
}
