// Command smdo is the hub and its command line.
//
//	smdo dev      everything on this machine, nothing to set up: the journey of a task, played live
//	smdo serve    the hub with a configuration file
//	smdo convert  a message of one format in another one, without a hub
//	smdo packet | card | task | journal | receipt | contour | org | user | key | dead …
//
// The commands of the last line are a client of the hub's HTTP API: what they can do, a program can.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// The exit codes beside 0.
const (
	exitFailure     = 1 // something went wrong, or a test or an examination failed
	exitUsage       = 2 // the command line or a file of it makes no sense
	exitNotFound    = 3 // there is no such thing, or it is another's
	exitDenied      = 4 // refused: by a rule, for faults, for want of a right; or a packet ended badly
	exitPartial     = 5 // done in part, not decided yet, or only warnings
	exitUnreachable = 6 // the hub or the record does not answer, or takes nothing just now
)

// exitError is an error with the code that the process ends with.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the program; it returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var cli commands
	code := -1
	parser, err := kong.New(&cli,
		kong.Name("smdo"), kong.Description("Хаб обмена документами между организациями. / The hub for exchange of documents between organisations."),
		kong.Writers(stdout, stderr), kong.Exit(func(c int) { code = c }), kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
	)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return exitFailure
	}
	parsed, err := parser.Parse(args)
	if code >= 0 {
		return code // help or version was asked for
	}
	if err != nil {
		fmt.Fprintln(stderr, "smdo:", err)
		return exitUsage
	}
	cli.stdout, cli.stderr, cli.parser = stdout, stderr, parser
	parsed.Bind(&cli.Global)
	parsed.BindTo(ctx, (*context.Context)(nil))
	if err := parsed.Run(); err != nil {
		return cli.fail(err)
	}
	return 0
}

// fail tells what went wrong and returns the exit code for it.
func (g *Global) fail(err error) int {
	var faults document.Faults
	if errors.As(err, &faults) {
		for i := range faults {
			fmt.Fprintf(g.stderr, "%s %s: %s\n", faults[i].Code, faults[i].Field, faults[i].Text(g.Lang))
		}
		return exitDenied
	}
	var refused *problem
	if errors.As(err, &refused) {
		refused.tell(g)
		return refused.exitCode()
	}
	fmt.Fprintln(g.stderr, "smdo:", err)
	var with *exitError
	if errors.As(err, &with) {
		return with.code
	}
	return exitFailure
}
