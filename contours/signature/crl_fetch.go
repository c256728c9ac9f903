package signature

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// fetcher makes requests to hosts that the configuration names, and to no others: what certificates name as
// their distribution point anybody may have chosen.
type fetcher struct {
	client *http.Client
	hosts  map[string]bool
}

var errHost = errors.New("host is not among those configured")

func newFetcher(transport http.RoundTripper, timeout time.Duration, hosts []string) fetcher {
	if transport == nil {
		transport = &http.Transport{DisableCompression: true, ResponseHeaderTimeout: timeout, MaxIdleConns: 16, IdleConnTimeout: time.Minute}
	}
	f := fetcher{hosts: make(map[string]bool), client: &http.Client{
		Transport:     transport,
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	for _, h := range hosts {
		f.hosts[strings.ToLower(h)] = true
	}
	return f
}

// allow takes the host of a configured address among those allowed.
func (f fetcher) allow(address string) error {
	u, err := parseAddress(address)
	if err != nil {
		return err
	}
	f.hosts[strings.ToLower(u.Host)] = true
	return nil
}

func (f fetcher) allows(address string) bool {
	u, err := parseAddress(address)
	return err == nil && f.hosts[strings.ToLower(u.Host)]
}

func parseAddress(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("distribution point: %w", err)
	}
	if !slices.Contains([]string{"http", "https"}, u.Scheme) || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("distribution point %s: neither http nor https, or with a password", u.Redacted())
	}
	return u, nil
}

// do returns the body of an answer, of at most limit octets.
func (f fetcher) do(ctx context.Context, method, address string, body io.Reader, kind string, limit int64) ([]byte, error) {
	if !f.allows(address) {
		return nil, fmt.Errorf("%s: %w", address, errHost)
	}
	request, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	response, err := f.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK { // redirects are not followed
		return nil, fmt.Errorf("%s: %s", address, response.Status)
	}
	if response.ContentLength > limit {
		return nil, fmt.Errorf("%s: %d octets, at most %d are taken", address, response.ContentLength, limit)
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", address, err)
	case int64(len(data)) > limit:
		return nil, fmt.Errorf("%s: more than %d octets", address, limit)
	}
	return data, nil
}
