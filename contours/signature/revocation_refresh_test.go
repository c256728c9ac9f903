package signature

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// distribution is a distribution point of the tests: it answers every request as it is told to.
type distribution struct {
	answer atomic.Pointer[http.HandlerFunc]
	asked  atomic.Int32
}

func (d *distribution) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.asked.Add(1)
	(*d.answer.Load())(w, r)
}

func (d *distribution) set(answer http.HandlerFunc) { d.answer.Store(&answer) }

func (d *distribution) serve(list []byte) {
	d.set(func(w http.ResponseWriter, r *http.Request) { w.Write(list) })
}

func (d *distribution) fail() {
	d.set(func(w http.ResponseWriter, r *http.Request) { http.Error(w, "нет", http.StatusBadGateway) })
}

// newDistribution starts a distribution point and returns an address at it.
func newDistribution(t *testing.T) (*distribution, string, *httptest.Server) {
	d := new(distribution)
	d.fail()
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	return d, server.URL + "/root.crl", server
}

func TestFetchedListOutlivesTheProcessAndItsSource(t *testing.T) {
	root := newCentre(t, "КУЦ", nil, around)
	cms := root.issue(around).sign(t)
	point, address, server := newDistribution(t)
	point.serve(root.list(listing{}))
	config := RevocationConfig{Addresses: []string{address}, Cache: filepath.Join(t.TempDir(), "crl")}
	state := func(v *Verifier) Revocation {
		return v.Verify(cms, ContentOf(file), present()).Signers[0].Revocation
	}
	verifier, store := revoking(t, config, root)
	if got := state(verifier); got != Unknown || point.asked.Load() != 0 {
		t.Errorf("before the first refresh: %s, %d requests: opening and verifying use the network", got, point.asked.Load())
	}
	if err := store.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := state(verifier); got != Good || point.asked.Load() != 1 {
		t.Errorf("after it: %s, %d requests", got, point.asked.Load())
	}
	server.Close()
	again, _ := revoking(t, config, root)
	if got := state(again); got != Good {
		t.Errorf("from the cache: %s", got)
	}
	cached, err := filepath.Glob(filepath.Join(config.Cache, "*"))
	if err != nil || len(cached) != 1 {
		t.Fatalf("cache holds %v", cached)
	}
	if err := os.Truncate(cached[0], 100); err != nil {
		t.Fatal(err)
	}
	damaged, _ := revoking(t, config, root)
	if got := state(damaged); got != Unknown {
		t.Errorf("from a damaged cache: %s", got)
	}
}

// Whatever a source does, what is held stays, the fault has a name, and the next good answer mends it.
func TestBadSourcesChangeNothing(t *testing.T) {
	now := present()
	root := newCentre(t, "КУЦ", nil, around)
	leaf := root.issue(around)
	other, elsewhere, _ := newDistribution(t)
	other.serve(root.list(listing{number: 9, issued: now}))
	point, address, _ := newDistribution(t)
	verifier, store := revoking(t, RevocationConfig{Addresses: []string{address}, Timeout: 2 * time.Second}, root)
	held := root.list(listing{number: 5, revoked: map[*x509.Certificate]time.Time{leaf.certificate: now.Add(-2 * time.Hour)}})
	store.mustAdd(t, held)
	store.fetch.client.Timeout = 100 * time.Millisecond // for the slow ones below
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		says   string
	}{
		"down":      {func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }, "EOF"},
		"error":     {func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) }, "500"},
		"not found": {http.NotFound, "404"},
		"silent":    {func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "deadline exceeded"},
		"dripping": {func(w http.ResponseWriter, r *http.Request) {
			w.Write(held[:10])
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, "deadline exceeded"},
		"redirecting":  {http.RedirectHandler(elsewhere, http.StatusFound).ServeHTTP, "302"},
		"another page": {func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<html>Вход</html>") }, "refused"},
		"cut short": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(held)))
			w.Write(held[:len(held)/2])
		}, "EOF"},
		"older list": {func(w http.ResponseWriter, r *http.Request) {
			w.Write(root.list(listing{number: 4, issued: now.Add(-3 * time.Hour)}))
		}, "older"},
		"a strange one": {func(w http.ResponseWriter, r *http.Request) {
			w.Write(newCentre(t, "Чужой", nil, around).list(listing{}))
		}, "not in the trust store"},
		"announcing too much": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(maxCRL+1))
			w.WriteHeader(200)
		}, "at most"},
	} {
		t.Run(name, func(t *testing.T) {
			point.set(c.answer)
			if err := store.Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("refresh: %v, want %q", err, c.says)
			}
			if p := store.Problems(); len(p) != 1 || p[address] == nil {
				t.Errorf("problems %v", p)
			}
			wantVerdict(t, verifier.Verify(leaf.sign(t), ContentOf(file), now), Invalid, Untrusted, fieldRevoked)
			point.serve(held)
			if err := store.Refresh(t.Context()); err != nil || len(store.Problems()) != 0 {
				t.Errorf("afterwards: %v, %v", err, store.Problems())
			}
		})
	}
	if other.asked.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

// countedConn counts what is read from it.
type countedConn struct {
	net.Conn
	read *atomic.Int64
}

func (c countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read.Add(int64(n))
	return n, err
}

func TestEndlessAnswerIsCutOff(t *testing.T) {
	root := newCentre(t, "КУЦ", nil, around)
	point, address, _ := newDistribution(t)
	ended := make(chan struct{})
	point.set(func(w http.ResponseWriter, r *http.Request) {
		defer close(ended)
		for block := make([]byte, 1<<20); ; {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	var read atomic.Int64
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		return countedConn{conn, &read}, err
	}}
	_, store := revoking(t, RevocationConfig{Addresses: []string{address}, Transport: transport}, root)
	if err := store.Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("refresh: %v", err)
	}
	<-ended
	if read.Load() > maxCRL+1<<20 {
		t.Errorf("%d octets were read", read.Load())
	}
}

// What a certificate names is asked only where the configuration knows the host.
func TestOnlyConfiguredHostsAreAsked(t *testing.T) {
	named, address, _ := newDistribution(t)
	root := newCentre(t, "КУЦ", nil, around)
	middle := newCentre(t, "РУЦ", root, around, func(c *x509.Certificate) {
		c.CRLDistributionPoints = []string{address, "ldap://example.by/cn=crl", "file:///etc/passwd"}
	})
	named.serve(root.list(listing{}))
	_, wary := revoking(t, RevocationConfig{}, root, middle)
	if err := wary.Refresh(t.Context()); err != nil || named.asked.Load() != 0 {
		t.Errorf("host not configured: %v, %d requests", err, named.asked.Load())
	}
	_, store := revoking(t, RevocationConfig{Hosts: []string{strings.TrimPrefix(strings.TrimSuffix(address, "/root.crl"), "http://")}}, root, middle)
	if err := store.Refresh(t.Context()); err != nil || named.asked.Load() != 1 || len(store.Lists()) != 1 {
		t.Errorf("host configured: %v, %d requests, %d lists", err, named.asked.Load(), len(store.Lists()))
	}
	for _, bad := range []string{"file:///etc/passwd", "ftp://a/b", "http:///x", "http://user:secret@a/b", "://", "a.crl"} {
		if _, err := OpenRevocationStore(store.trust, RevocationConfig{Addresses: []string{bad}}, Std()); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("address %s: %v", bad, err)
		}
	}
	if _, err := store.fetch.do(t.Context(), http.MethodGet, "http://127.0.0.1:1/x", nil, "", 10); !errors.Is(err, errHost) {
		t.Errorf("fetch elsewhere: %v", err)
	}
}

func TestConcurrentRefreshesAndVerdictsAgree(t *testing.T) {
	now := present()
	root := newCentre(t, "КУЦ", nil, around)
	leaf := root.issue(around)
	cms := leaf.sign(t)
	point, address, _ := newDistribution(t)
	dir := t.TempDir()
	verifier, store := revoking(t, RevocationConfig{Addresses: []string{address}, Cache: filepath.Join(dir, "cache"), Folders: []string{dir}}, root)
	lists := make([][]byte, 20)
	for i := range lists {
		lists[i] = root.list(listing{number: int64(i + 1), issued: now.Add(time.Duration(i-30) * time.Minute), revoked: map[*x509.Certificate]time.Time{leaf.certificate: now.Add(-24 * time.Hour)}})
	}
	store.mustAdd(t, lists[0])
	point.set(func(w http.ResponseWriter, r *http.Request) { w.Write(lists[int(point.asked.Load())%len(lists)]) })
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 10 {
				_ = store.Refresh(t.Context()) // older lists come too
				if v := verifier.Verify(cms, ContentOf(file), now); v.Status != Invalid || v.Field != fieldRevoked {
					t.Errorf("verdict %s %s", v.Status, v.Field)
				}
			}
		})
	}
	group.Wait()
	if held := store.Lists(); len(held) != 1 || held[0].Number.Int64() != int64(len(lists)) {
		t.Errorf("%d lists, the first with number %s", len(held), held[0].Number)
	}
}

func TestWhenASourceIsAskedAgain(t *testing.T) {
	now := present()
	list := func(before, after time.Duration) *CRL {
		return &CRL{ThisUpdate: now.Add(-before), NextUpdate: now.Add(after)}
	}
	const hour, day = time.Hour, 24 * time.Hour
	for _, c := range []struct {
		name     string
		list     *CRL
		failures int
		every    time.Duration
		want     time.Duration
	}{
		{"fresh, within every", list(0, day), 0, hour, hour},
		{"ahead of its end", list(0, day), 3, 30 * day, 18 * hour},
		{"shortly before that", list(18*hour-10*time.Second, 6*hour+10*time.Second), 0, hour, time.Minute},
		{"should have been renewed", list(20*hour, 4*hour), 0, hour, time.Minute},
		{"should have been renewed long ago", list(20*day, -4*day), 9, hour, hour},
		{"first failure", nil, 0, hour, time.Minute},
		{"third failure", nil, 2, hour, 4 * time.Minute},
		{"hundredth failure", nil, 99, day, hour},
		{"failure, and little patience", nil, 5, 10 * time.Minute, 10 * time.Minute},
	} {
		source := crlSource{failures: c.failures}
		source.plan(c.list, now, c.every)
		if got := source.due.Sub(now); got != c.want {
			t.Errorf("%s: after %s, want %s", c.name, got, c.want)
		}
	}
}

// memoryNet is a network within the process, so that days can pass in a moment.
type memoryNet struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (n memoryNet) Accept() (net.Conn, error) {
	select {
	case c := <-n.conns:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}
func (n memoryNet) Close() error   { close(n.closed); return nil }
func (n memoryNet) Addr() net.Addr { return &net.UnixAddr{Name: "memory"} }

func (n memoryNet) transport() *http.Transport {
	return &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		n.conns <- there
		return here, nil
	}}
}

// F15: a source that is away for hours and days costs nothing while its list lasts, makes what is known stale
// afterwards, and is made use of again without a restart.
func TestOutageOfASourceEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := newCentre(t, "КУЦ", nil, around)
		cms := root.issue(around).sign(t)
		point := new(distribution)
		point.fail()
		network := memoryNet{make(chan net.Conn), make(chan struct{})}
		server := &http.Server{Handler: point}
		go server.Serve(network)
		verifier, store := revoking(t, RevocationConfig{Addresses: []string{"http://crl.example/root.crl"}, Every: 48 * time.Hour, Grace: 2 * time.Hour, Transport: network.transport()}, root)
		verifier.RevocationPolicy = RevocationPolicy{Unknown: Hold, Stale: Refuse}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- store.Run(ctx) }()

		after := func(d time.Duration, requests int32, status Status, state Revocation) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			v := verifier.Verify(cms, ContentOf(file), time.Now())
			if got := point.asked.Load(); got != requests || v.Status != status || v.Signers[0].Revocation != state {
				t.Errorf("%d requests, %s, %s; want %d, %s, %s", got, v.Status, v.Signers[0].Revocation, requests, status, state)
			}
		}
		after(0, 1, Undeterminable, Unknown)
		after(10*time.Minute+time.Second, 4, Undeterminable, Unknown) // at 0, 1, 3 and 7 minutes
		point.serve(root.list(listing{issued: time.Now()}))           // runs for 24 hours
		after(5*time.Minute, 5, Valid, Good)                          // at 15
		after(17*time.Hour, 5, Valid, Good)
		point.fail()
		after(2*time.Hour, 12, Valid, Good) // after 18 hours, at 1, 2, 4, 8, 16 and 32 minutes' pause
		after(4*time.Hour, 16, Valid, Good)
		after(2*time.Hour, 18, Valid, Good) // the grace
		after(2*time.Hour, 20, Invalid, Stale)
		point.serve(root.list(listing{number: 2, issued: time.Now()}))
		after(time.Hour, 21, Valid, Good)

		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("run: %v", err)
		}
		server.Close()
	})
}
