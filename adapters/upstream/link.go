// Package upstream makes the hub a subscriber of a national router of СМДО, so that organisations which live beyond that
// router and those attached here exchange documents as if they shared one hub.
//
// A national router is a post office with a REST interface. Each subscriber has an account there. To send, it composes a
// draft, attaches the files one by one, sets their signatures and says «send»; to receive, it asks for what is new, fetches
// the files, and confirms: until then a package stays new and comes again. Receipts are packages like any other. The names
// of the calls are from the router's viewpoint: its receiver takes packages, its sender hands them out.
//
// An organisation beyond the router is a contour of the rules with protocol smdo-upstream and delivery push; its code is its
// subscriber code. A contour of ours takes part when it has an account (Account). What ours send to theirs is handed to the
// router (adapters.Hander), and so are receipts about what theirs sent; what lies in the accounts is submitted and reported
// in the names of theirs. One packet is one package, however many receivers it has beyond the router.
//
// Nothing is lost or doubled, whatever call fails: a package is confirmed when the hub has custody (D1); each step toward
// the router may be repeated, and what was begun is in the record; a «send» without an answer is in doubt, and looked into
// before it is repeated (D12). Of several instances of the hub one is at work, the others take over (lease). A router in
// trouble is left alone for a growing time, account by account (Circuit). What cannot be understood is put aside (Aside).
//
// The directories of the router are kept in all their versions (Directory); the one of subscribers says how a code is called
// in the addresses of packages.
package upstream

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Account is a local contour's account at the router. The contour's code is its subscriber code there.
type Account struct {
	Contour  document.ContourCode
	User     string
	Password string
}

// Options are what a link is made of.
type Options struct {
	Hub      *broker.Hub
	Record   adapters.HanderRecord
	Files    adapters.Files
	Clock    func() time.Time
	Log      *slog.Logger
	URL      string         // base of the router's calls
	Plain    bool           // http is allowed, in a closed network
	Roots    *x509.CertPool // who may vouch for the router; nil: the roots of the system
	Accounts []Account
	Every    time.Duration // how often accounts are looked into
	Patience time.Duration // a call that moves nothing for so long has failed; 0: a minute
	Lease    time.Duration // another instance takes over when this one is silent for so long; 0: 15 s
}

// Link connects the hub with a router.
type Link struct {
	Options
	client   *http.Client
	accounts []*account
	index    atomic.Pointer[subscribers]
	stale    atomic.Bool // the directories have to be fetched before their day
}

// New returns a link. It does nothing until Run.
func New(o Options) (*Link, error) {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "":
		return nil, errors.New("upstream: the router's URL has to be scheme://host/path")
	case u.Scheme != "https" && !(o.Plain && u.Scheme == "http"):
		return nil, errors.New("upstream: the router's URL has to be https, unless plain is set")
	case o.Every <= 0:
		return nil, errors.New("upstream: accounts have to be looked into every so often")
	}
	o.URL = strings.TrimRight(o.URL, "/")
	o.Patience, o.Lease = cmp.Or(o.Patience, time.Minute), cmp.Or(o.Lease, 15*time.Second)
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.Roots},
		TLSHandshakeTimeout: 10 * time.Second, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 64 << 10,
	}
	// A redirect would carry the token elsewhere.
	l := &Link{Options: o, client: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	for _, a := range o.Accounts {
		if l.account(a.Contour) != nil || !a.Contour.Valid() || a.User == "" || a.Password == "" {
			return nil, fmt.Errorf("upstream: account of %q: want a contour, once, with user and password", a.Contour)
		}
		l.accounts = append(l.accounts, &account{Account: a, link: l, circuit: newCircuit(a.Contour, min(o.Every, time.Second))})
	}
	return l, nil
}

// account is a local contour's, or nil.
func (l *Link) account(c document.ContourCode) *account {
	for _, a := range l.accounts {
		if a.Contour == c {
			return a
		}
	}
	return nil
}

// beyond says whether a contour lives beyond the router.
func (l *Link) beyond(c document.ContourCode) bool {
	contour := l.Hub.Book().Contour(c)
	return contour != nil && contour.Protocol == contours.ProtocolUpstream
}

// Check signs in to every account and says what is wrong.
func (l *Link) Check(ctx context.Context) error {
	var errs []error
	for _, a := range l.accounts {
		if _, err := a.bearer(ctx); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", a.Contour, err))
		}
	}
	return errors.Join(errs...)
}

// Run exchanges with the router until ctx ends, while this instance of the hub is the one to do so.
func (l *Link) Run(ctx context.Context) error {
	defer l.client.CloseIdleConnections()
	return l.lead(ctx, func(ctx context.Context) error {
		l.index.Store(nil) // another instance may have fetched the directories
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() error { return l.receive(ctx) })
		group.Go(func() error { return l.send(ctx) })
		return group.Wait()
	})
}

// receive looks into the accounts, one after the other.
func (l *Link) receive(ctx context.Context) error {
	tick := time.NewTicker(l.Every)
	defer tick.Stop()
	var said trouble
	for {
		var errs []error
		if l.used() {
			errs = append(errs, l.refresh(ctx))
			for _, a := range l.accounts {
				errs = append(errs, l.poll(ctx, a))
			}
		}
		said.log(ctx, l.Log, "packages wait at the router", errors.Join(errs...))
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// send hands over what waits for contours beyond the router.
func (l *Link) send(ctx context.Context) error {
	sealed, leave := l.Hub.Announcer().Listen("")
	defer leave()
	tick := time.NewTicker(l.Every)
	defer tick.Stop()
	s := &sender{Link: l}
	hander := adapters.Hander{Hub: l.Hub, Record: l.Record, Clock: l.Clock, Protocol: contours.ProtocolUpstream, Writer: s, Hand: s.hand}
	var said trouble
	for {
		said.log(ctx, l.Log, "packages wait for the router", hander.HandAll(ctx))
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-sealed:
		}
	}
}

// used says whether anybody lives beyond the router.
func (l *Link) used() bool {
	config := l.Hub.Book().Config()
	for i := range config.Contours {
		if config.Contours[i].Protocol == contours.ProtocolUpstream {
			return true
		}
	}
	return false
}

// trouble is logged when it changes, and not at each attempt.
type trouble string

func (t *trouble) log(ctx context.Context, log *slog.Logger, what string, err error) {
	if ctx.Err() != nil {
		return
	}
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != string(*t) && text != "" {
		log.Warn(what, "error", err)
	}
	*t = trouble(text)
}

// key names what this package keeps in the record.
func key(contour document.ContourCode, text string) record.KeptKey {
	return record.KeptKey{Adapter: string(contours.ProtocolUpstream), Contour: contour, Key: text}
}

// keepFor is how long it is remembered what was exchanged: repeats and late receipts come sooner.
const keepFor = 400 * 24 * time.Hour
