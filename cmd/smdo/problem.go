package main

import (
	"fmt"
	"net/http"

	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// problem is an answer that says no (RFC 9457).
type problem struct {
	openapi.Problem
	retry string // Retry-After
}

func (p *problem) Error() string { return p.Title }

// exitCode is the process's exit code for the status.
func (p *problem) exitCode() int {
	switch p.Status {
	case http.StatusBadRequest:
		return exitUsage
	case http.StatusNotFound:
		return exitNotFound
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusConflict, http.StatusUnprocessableEntity:
		return exitDenied
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return exitUnreachable
	}
	return exitFailure
}

// tell writes every fault with its place, or the title when there is none.
func (p *problem) tell(g *Global) {
	g.tellFaults(p.Faults)
	if len(p.Faults) == 0 {
		fmt.Fprintf(g.stderr, "smdo: %s", p.Title)
		if p.Detail != "" && p.Detail != p.Title {
			fmt.Fprintf(g.stderr, " (%s)", p.Detail)
		}
		fmt.Fprintln(g.stderr)
	}
	if p.retry != "" {
		fmt.Fprintln(g.stderr, g.Lang.Pick("повторите через "+p.retry+" с", "try again in "+p.retry+" s"))
	}
	if p.RequestID != "" && p.Status >= 500 {
		fmt.Fprintln(g.stderr, g.Lang.Pick("номер обращения для журнала хаба: ", "request id for the hub's log: ")+p.RequestID)
	}
}

func (g *Global) tellFaults(faults []openapi.Fault) {
	for _, f := range faults {
		where := string(f.Code)
		if f.Line > 0 {
			where += fmt.Sprintf(" %d:%d", f.Line, f.Column)
		}
		if f.Field != "" {
			where += " " + f.Field
		}
		if f.Rule != "" {
			where += " [" + f.Rule + "]"
		}
		fmt.Fprintf(g.stderr, "%s: %s\n", where, g.Lang.Pick(f.TextRu, f.TextEn))
	}
}
