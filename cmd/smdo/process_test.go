package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/broker/record/postgres"
	"github.com/smdo-hub/smdo-hub/broker/record/sqlite"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// binary is the real program, built once for the tests that run it as a process.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "smdo-test-")
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "smdo")
	out, err := exec.Command("go", "build", "-o", name, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build smdo: %w\n%s", err, out)
	}
	return name, nil
})

// process is one hub as a process of its own.
type process struct {
	t      *testing.T
	config string
	data   string
	health string // URL
	cmd    *exec.Cmd
	ended  chan struct{} // closed when it has ended, by itself or not
	err    error         // how it ended
}

// newProcess writes the settings of a hub that keeps its data in dir. extra is YAML.
func newProcess(t *testing.T, dir, extra string) *process {
	t.Helper()
	port := testPort(t)
	p := &process{t: t, config: filepath.Join(dir, "smdo.yaml"), data: dir, health: fmt.Sprintf("http://127.0.0.1:%d", port)}
	text := fmt.Sprintf("data: %s\nhttp: {listen: '127.0.0.1:%d'}\ntrust: {emulator: true}\ntiming: {lease: 2s, republish: 2s}\nlog: {level: error}\n%s", dir, port, extra)
	if err := os.WriteFile(p.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	return p
}

func testPort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func (p *process) start() {
	p.t.Helper()
	name, err := binary()
	if err != nil {
		p.t.Fatal(err)
	}
	p.cmd = exec.Command(name, "serve", "-c", p.config)
	p.cmd.Stderr = os.Stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.ended = make(chan struct{})
	go func(cmd *exec.Cmd, ended chan<- struct{}) {
		p.err = cmd.Wait()
		close(ended)
	}(p.cmd, p.ended)
}

// await waits until the hub answers.
func (p *process) await() {
	p.t.Helper()
	client := &http.Client{Timeout: time.Second} // one that is stopped accepts connections and never answers
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		if r, err := client.Get(p.health + "/livez"); err == nil {
			r.Body.Close()
			return
		}
		select {
		case <-p.ended:
			p.t.Fatalf("the hub ended: %v", p.err)
		case <-time.After(20 * time.Millisecond):
		}
	}
	p.t.Fatal("the hub does not answer")
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		<-p.ended
		p.t.Fatalf("%s: the hub has ended: %v", s, p.err)
	}
}

// kill ends the hub at once, also one that is stopped and would heed no other signal.
func (p *process) kill() {
	if p.cmd != nil {
		_ = p.cmd.Process.Kill()
		<-p.ended
		p.cmd = nil
	}
}

// stop asks the hub, once it is up, to end, and demands that it does so well.
func (p *process) stop() {
	p.t.Helper()
	p.await()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
		if p.err != nil {
			p.t.Errorf("the hub ended with %v", p.err)
		}
	case <-time.After(20 * time.Second):
		p.t.Error("the hub does not end")
		p.kill()
	}
	p.cmd = nil
}

// prepare puts the example's rules and a key of head-a into a record.
func prepare(t *testing.T, r record.Record) string {
	t.Helper()
	ctx := context.Background()
	text, key := broker.NewKey("head-a", record.RoleContour, "test", time.Now(), time.Time{})
	_, err := r.ProposeRules(ctx, record.Rules{Text: contours.Example(), By: "test", At: time.Now()}, true)
	if err = errors.Join(err, r.AddKey(ctx, key)); err != nil {
		t.Fatal(err)
	}
	return text
}

func openSQLite(t *testing.T, dir string) record.Record {
	t.Helper()
	r, err := sqlite.Open(context.Background(), filepath.Join(dir, "record.db"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func openPostgres(t *testing.T, url string) record.Record {
	t.Helper()
	r, err := postgres.Open(context.Background(), url, postgres.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// bus is a NATS server outside of any hub, set up as deploy/nats.conf says.
type bus struct {
	t        *testing.T
	options  *server.Options
	server   *server.Server
	settings string // the bus section of a hub's settings
}

func externalBus(t *testing.T, dir string) *bus {
	t.Helper()
	issuer, err := nkeys.CreateAccount()
	if err != nil {
		t.Fatal(err)
	}
	seed, _ := issuer.Seed()
	public, _ := issuer.PublicKey()
	seedFile := filepath.Join(dir, "issuer.nk")
	if err := os.WriteFile(seedFile, seed, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HUB_USER", "hub")
	t.Setenv("HUB_PASSWORD", "s3cret")
	t.Setenv("ISSUER", public)
	o, err := server.ProcessConfigFile("../../deploy/nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	o.Host, o.Port, o.StoreDir, o.NoSigs, o.NoLog, o.SyncAlways = "127.0.0.1", testPort(t), filepath.Join(dir, "nats"), true, true, false
	b := &bus{t: t, options: o, settings: fmt.Sprintf("bus: {url: 'nats://hub:s3cret@127.0.0.1:%d', issuer: %s}\n", o.Port, seedFile)}
	b.start()
	t.Cleanup(b.stop)
	return b
}

func (b *bus) start() {
	b.t.Helper()
	var err error
	if b.server, err = server.NewServer(b.options.Clone()); err != nil {
		b.t.Fatal(err)
	}
	go b.server.Start()
	if !b.server.ReadyForConnections(20 * time.Second) {
		b.t.Fatal("nats-server does not start")
	}
}

func (b *bus) stop() {
	b.server.Shutdown()
	b.server.WaitForShutdown()
}

func (b *bus) url() string { return b.server.ClientURL() }

// audit opens the stopped hub's parts and compares everything.
func audit(t *testing.T, c Config) broker.Audit {
	t.Helper()
	h, err := assemble(context.Background(), c, newLogger(LogConfig{Level: "error"}), start{})
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	a, err := h.CompareAll(context.Background(), h.ledgerDir(), h.checker)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// exchangeOf reads what became of a packet.
func exchangeOf(t *testing.T, r record.Record, id document.PacketID) *record.Exchange {
	t.Helper()
	_, exchanges, err := r.Packet(context.Background(), id)
	if err != nil {
		t.Fatalf("packet %s: %v", id, err)
	}
	return exchanges[0]
}

// settle stops the hub once nothing is due any more.
func settle(t *testing.T, p *process) {
	t.Helper()
	config, err := loadConfig(p.config)
	if err != nil {
		t.Fatal(err)
	}
	p.stop()
	h, err := assemble(context.Background(), config, newLogger(LogConfig{Level: "error"}), start{})
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	run, stop := context.WithCancel(ctx)
	go func() { ended <- h.run(run) }()
	for {
		due, err := h.record.Due(ctx, time.Now().Add(24*time.Hour), 1)
		if err != nil {
			t.Fatal(err)
		}
		unsealed, err := h.record.Unsealed(ctx, nil, 1) // what a killed process left
		if err != nil {
			t.Fatal(err)
		}
		if len(due) == 0 && len(unsealed) == 0 && h.Barrier(ctx) == nil {
			break
		}
		woken, leave := h.Announcer().Listen("")
		select {
		case <-woken:
		case <-time.After(200 * time.Millisecond):
		}
		leave()
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// shareEmulator gives the second hub the first one's emulator, as one installation has.
func shareEmulator(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(filepath.Join(to, "emulator"), os.DirFS(filepath.Join(from, "emulator"))); err != nil {
		t.Fatal(err)
	}
}
