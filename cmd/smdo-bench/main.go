// Command smdo-bench measures how fast the hub is, and against what.
//
// A figure of packets a second says more about the disk and the neighbours on the machine than about the
// hub. So the hub is measured beside a *floor*: the same hops and commits with nothing on them (floor.go),
// in turn with it, on the same disk within the same minutes; what counts is the ratio. Durability is that
// of production throughout: PostgreSQL with fsync and synchronous_commit on, SQLite with synchronous=FULL,
// the ledger synced before anything is announced, JetStream with its default sync (custody does not rest on
// it, D1).
//
//	smdo-bench              rounds of floor, hub on PostgreSQL, hub on SQLite; 2,048 and 1 in flight
//	smdo-bench quick        SQLite only, seconds: does every packet arrive once, numbered without gaps?
//	smdo-bench flat         200,000 packets: is the last tenth as fast as the first?
//	smdo-bench journal      a journal of a million cards: how long does a page take?
//	smdo-bench contours     10,000 contours with 40,000 trust pairs against ten contours with forty
//
// A packet is a document with 1 KB of requisites and one 1 KB file under a CMS: by ECDSA P-256, or with
// -family by another family's algorithm, which the hub then verifies alone; the floor's bare signature stays ECDSA. It
// has arrived when the receipt of its registration (ack 2) is sealed. Every run ends with an audit; one that fails is
// no result.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "smdo-bench:", err)
		os.Exit(1)
	}
}

// plan is what the flags say.
type plan struct {
	job
	rounds   int
	flights  []int
	records  []string
	families []string
	cluster  *cluster // nil when no run needs PostgreSQL
}

func command(ctx context.Context, args []string) error {
	if len(args) == 2 && args[0] == "child" {
		return child(ctx, args[1])
	}
	measurements := map[string]func(context.Context, *plan) error{"full": full, "quick": quick, "flat": flat, "journal": journal, "contours": scale}
	name := "full"
	if len(args) > 0 {
		if mode := strings.TrimLeft(args[0], "-"); measurements[mode] != nil { // "-quick" is "quick"
			name, args = mode, args[1:]
		}
	}
	p, err := parse(name, args)
	if err != nil {
		return err
	}
	if p.needsPostgres() {
		if p.cluster, err = openCluster(p.DSN, p.Dir); err != nil {
			return err
		}
		defer p.cluster.stop()
	}
	fmt.Printf("%s %s, %d cores; commits durable (PostgreSQL fsync and synchronous_commit on, SQLite synchronous=FULL, ledger synced), bus with default sync\n", name, runtime.Version(), runtime.NumCPU())
	return measurements[name](ctx, p)
}

func parse(name string, args []string) (*plan, error) {
	p := &plan{job: job{InFlight: 2048, Family: "std"}, flights: []int{2048, 1}, families: []string{"std"}}
	f := flag.NewFlagSet("smdo-bench "+name, flag.ContinueOnError)
	f.IntVar(&p.Packets, "n", map[string]int{"full": 20_000, "quick": 4_000, "flat": 200_000, "journal": 1_000_000, "contours": 20_000}[name], "packets a run (cards, for journal)")
	f.Func("w", "packets in flight, comma-separated for the full comparison (default 2048,1)", p.setFlights)
	f.Func("family", "signature families of the files, std, gost or stb, comma-separated for the full comparison (default std)", p.setFamilies)
	f.IntVar(&p.rounds, "rounds", map[string]int{"full": 4, "contours": 3}[name], "rounds; medians are shown")
	f.IntVar(&p.Region.Senders, "senders", 64, "sending contours")
	f.IntVar(&p.Region.Receivers, "receivers", 16, "receiving contours with hosted journals")
	f.BoolVar(&p.Region.Tasks, "tasks", true, "each packet brings an information task")
	f.StringVar(&p.Dir, "dir", os.TempDir(), "where bus, record and ledger lie: the disk that is measured")
	f.StringVar(&p.DSN, "dsn", "", "PostgreSQL server in place of a throw-away one; the runs make a database of their own there")
	f.StringVar(&p.Profile, "profile", "", "write a CPU profile of each hub run to a file that begins so")
	only := f.String("record", "", "postgres or sqlite; both when empty")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("no measurement is called %q", f.Arg(0))
	}
	switch {
	case *only != "":
		p.records = []string{*only}
	case name == "quick":
		p.records = []string{"sqlite"}
	default:
		p.records = []string{"postgres", "sqlite"}
	}
	return p, nil
}

func (p *plan) setFlights(text string) error {
	p.flights = nil
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 {
			return fmt.Errorf("%q packets in flight", part)
		}
		p.flights = append(p.flights, n)
	}
	p.InFlight = p.flights[0]
	return nil
}

func (p *plan) setFamilies(text string) error {
	p.families = strings.Split(text, ",")
	for _, name := range p.families {
		if _, err := familyOf(name); err != nil {
			return err
		}
	}
	p.Family = p.families[0]
	return nil
}

func (p *plan) needsPostgres() bool {
	for _, r := range p.records {
		if r == "postgres" {
			return true
		}
	}
	return false
}
