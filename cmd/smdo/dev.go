package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/receipts"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// devCommand runs everything on this machine and plays the journey.
type devCommand struct {
	Data      string `help:"Каталог данных; без него временный. / Data directory; a temporary one without it." type:"path"`
	Reset     bool   `help:"Сначала очистить каталог данных. / Empty the data directory first."`
	Exit      bool   `help:"Закончить после показа. / End after the journey."`
	Out       string `help:"Каталог для файлов и подписей отправителя. / Folder for the sender's files and signatures." type:"path"`
	Record    string `help:"postgres://… вместо встроенной базы. / instead of the embedded record."`
	Nats      string `help:"nats://… вместо встроенной шины. / instead of the embedded bus."`
	Port      int    `help:"Порт API; занятый заменяется следующим. / Port of the API; a busy one gives way to the next." default:"8080"`
	NatsPort  int    `help:"Порт шины. / Port of the bus." default:"4222"`
	Seed      string `help:"Примеры: example или none. / Examples." enum:"example,none" default:"example"`
	Formats   bool   `help:"Показать обмен между протоколами: СМДО, почта, ГОСТ Р 53898, МЭДО, API. / Show the exchange between protocols."`
	ReadyFile string `help:"Файл, который появится, когда хаб готов. / A file that appears when the hub is ready." type:"path"`

	stage *formats
}

// Run is the command.
func (d *devCommand) Run(ctx context.Context, g *Global) error {
	config, cleanup, err := d.config()
	if err != nil {
		return err
	}
	defer cleanup()
	rules := contours.Example()
	if d.Formats {
		rules = formatsRules()
		if d.stage, err = newFormats(); err != nil {
			return err
		}
		defer func() { _ = d.stage.mail.Close() }()
		password := filepath.Join(config.Data, "mail-password")
		if err := os.WriteFile(password, []byte(d.stage.password), 0o600); err != nil {
			return fmt.Errorf("mail: %w", err)
		}
		d.stage.configure(&config, password)
	}
	h, err := assemble(ctx, config, slog.New(slog.NewTextHandler(g.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})), start{rules: rules, newBus: true})
	if err != nil {
		return err
	}
	defer func() { _ = h.close() }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	door, err := h.httpDoor(config.HTTP.Listen)
	if err != nil {
		return err
	}
	group.Go(func() error { return h.run(ctx, door.serve) })
	group.Go(func() error {
		defer cancel()
		return d.show(ctx, g, h, door)
	})
	err = group.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// config is the configuration of a hub that runs on this machine alone.
func (d *devCommand) config() (Config, func(), error) {
	c, cleanup := defaults(), func() {}
	c.Data = d.Data
	if c.Data == "" {
		dir, err := os.MkdirTemp("", "smdo-dev-")
		if err != nil {
			return c, cleanup, fmt.Errorf("data directory: %w", err)
		}
		c.Data, cleanup = dir, func() { _ = os.RemoveAll(dir) }
	} else if d.Reset {
		if err := emptyDataDir(c.Data); err != nil {
			return c, cleanup, err
		}
	}
	c.Record.URL, c.Bus.URL = d.Record, d.Nats
	c.Trust.Emulator, c.Signers = true, []SignerConfig{{Key: emulatedKey}}
	c.Timing.Custody = Duration(patience)
	c.Bus.Port, c.HTTP.Listen = freePort(d.NatsPort, d.Exit), fmt.Sprintf("127.0.0.1:%d", freePort(d.Port, d.Exit))
	return c, cleanup, nil
}

// emptyDataDir removes what a hub keeps in its data directory, and nothing else.
func emptyDataDir(dir string) error {
	for _, name := range []string{"record.db", "record.db-wal", "record.db-shm", "record.db.lock", "bus", "blobs", "emulator", "keys", "ledger", "dev"} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("reset: %w", err)
		}
	}
	return nil
}

// freePort returns the port, or the next free one; any free one when it does not matter.
func freePort(port int, any bool) int {
	if any {
		port = 0
	}
	for range 100 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			defer l.Close()
			return l.Addr().(*net.TCPAddr).Port
		}
		port++
	}
	return 0
}

// show plays the journey, tells what became of it, and stays until it is interrupted, unless told to exit.
func (d *devCommand) show(ctx context.Context, g *Global, h *hub, door *httpDoor) error {
	out := g.stdout
	if g.Output == "json" {
		out = io.Discard
	}
	say := func(ru, en string) { fmt.Fprintln(out, g.Lang.Pick(ru, en)) }
	access, err := h.devKeys(ctx)
	if err != nil {
		return err
	}
	d.banner(h, door, access, say)
	switch {
	case d.Formats:
		if err := d.formats(ctx, g, h, door, out, say); err != nil {
			return err
		}
	case d.Seed == "example":
		if err := d.example(ctx, g, h, out, say); err != nil {
			return err
		}
	}
	if d.ReadyFile != "" {
		if err := os.WriteFile(d.ReadyFile, []byte(door.url()+"\n"), 0o644); err != nil {
			return fmt.Errorf("ready file: %w", err)
		}
	}
	if d.Exit {
		return nil
	}
	d.tryThis(h, door, access, say)
	<-ctx.Done()
	return nil
}

func (d *devCommand) example(ctx context.Context, g *Global, h *hub, out io.Writer, say func(ru, en string)) error {
	live, stop := context.WithCancel(ctx)
	printed := make(chan struct{})
	go func() {
		defer close(printed)
		h.printReceipts(live, out, g.Lang)
	}()
	report := journeyReport{Packets: []packetReport{}, Discrepancies: []string{}}
	var ids []document.PacketID
	var failure error
	for _, s := range journey {
		id, err := h.play(ctx, s, func(ru, en string) { say("\n▸ "+ru, "\n▸ "+en) })
		if err != nil {
			failure = err
			break
		}
		ids = append(ids, id)
	}
	stop()
	<-printed
	if failure != nil {
		return failure
	}
	for i, id := range ids {
		r, err := h.report(ctx, id, g.Lang)
		if err != nil {
			return err
		}
		report.Packets = append(report.Packets, r)
		report.Discrepancies = append(report.Discrepancies, journey[i].judge(r)...)
	}
	found, err := h.compare(ctx)
	if err != nil {
		return err
	}
	report.Discrepancies = append(report.Discrepancies, found...)
	if d.Out != "" {
		if err := h.write(ctx, d.Out, ids); err != nil {
			return err
		}
	}
	return d.tell(g, out, report)
}

// compare looks that nothing is left over and nothing differs.
func (h *hub) compare(ctx context.Context) ([]string, error) {
	audit, err := h.CompareAll(ctx, h.ledgerDir(), h.checker)
	if err != nil {
		return nil, err
	}
	found := audit.Discrepancies
	if audit.Open > 0 {
		found = append(found, fmt.Sprintf("%d exchanges are still open", audit.Open))
	}
	dead, err := h.record.DeadLetters(ctx, "", record.Key{}, 10)
	if err != nil {
		return nil, err
	}
	if len(dead) > 0 {
		found = append(found, fmt.Sprintf("%d dead letters", len(dead)))
	}
	return found, nil
}

func (d *devCommand) tell(g *Global, out io.Writer, report journeyReport) error {
	if g.Output == "json" {
		e := json.NewEncoder(g.stdout)
		e.SetEscapeHTML(false)
		if err := e.Encode(report); err != nil {
			return err
		}
	} else {
		fmt.Fprintln(out)
		for _, p := range report.Packets {
			fmt.Fprintf(out, "%-8s → %-8s %-28s %s\n", p.From, p.To, p.Status, p.Registration)
			for _, t := range p.Tasks {
				fmt.Fprintf(out, "    %-10s %-10s %-26s %s\n", t.Kind, t.Executor, t.Status, t.Registration)
			}
			for _, s := range p.Signatures {
				fmt.Fprintf(out, "    %s %s: %s%s\n", g.Lang.Pick("подпись", "signature"), who(s.Signer, s.Organisation), s.Verdict, mark(s.Emulated, g.Lang))
				g.certificateLine(orZero(s.NotBefore), orZero(s.NotAfter), s.Family, s.Serial, s.Issuer)
			}
		}
	}
	if len(report.Discrepancies) > 0 {
		for _, line := range report.Discrepancies {
			fmt.Fprintln(g.stderr, line)
		}
		return fmt.Errorf("%d discrepancies", len(report.Discrepancies))
	}
	fmt.Fprintln(out, g.Lang.Pick("\nВсё сошлось: журналы без пропусков, книга квитанций равна базе, ничего не осталось.", "\nEverything agrees: journals without gaps, the ledger equals the record, nothing is left over."))
	return nil
}

func mark(emulated bool, l document.Lang) string {
	if emulated {
		return l.Pick(" (эмулятор ЭЦП)", " (emulated)")
	}
	return ""
}

// printReceipts prints what is sealed as it comes, and at the end of ctx what came until then.
func (h *hub) printReceipts(ctx context.Context, out io.Writer, lang document.Lang) {
	woken, leave := h.Announcer().Listen("")
	defer leave()
	from := h.Announcer().Sealed()
	for {
		ended := false
		select {
		case <-woken:
		case <-ctx.Done():
			ended = true
		}
		read, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		sealed, next, err := h.record.Feed(read, record.FeedQuery{From: from, Limit: 1000, Scan: 1000})
		cancel()
		if err == nil {
			from = next
			for _, s := range sealed {
				if r, err := wire.UnmarshalReceipt(s.Bytes); err == nil {
					fmt.Fprintf(out, "  %s  #%-4d %-8s → %-8s %s\n", r.At.Local().Format("15:04:05.000"), s.Leaf, r.Packet.Sender, r.Receiver, receipts.Text(r, lang))
				}
			}
		}
		if ended {
			return
		}
	}
}

func pemOf(all ...*x509.Certificate) (text []byte) {
	for _, c := range all {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return text
}
