package remote

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// Config says where a key is and how to get at it. Secrets are paths to files.
type Config struct {
	URL string // of the key: https, or http on this machine alone

	TokenFile   string // bearer token, read anew for each request; none: no token is sent
	CA          string // PEM of the authorities that the provider's certificate may come from; none: the system's
	Certificate string // PEM of our certificate for mutual TLS; none: no mutual TLS
	PrivateKey  string // PEM of its key

	Attempt time.Duration // one request, from connection to last octet; by default 10 seconds
	Timeout time.Duration // one signature or description, repetitions included; by default 30 seconds
}

// address checks the URL: a token must not travel in the clear, nor a password in what gets logged.
func (c Config) address() (*url.URL, error) {
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, errors.New("address of the key: not a URL") // the error would show it whole
	}
	local := u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
	switch {
	case u.Scheme != "https" && (u.Scheme != "http" || !local) || u.Host == "":
		return nil, errors.New("address of the key: want https://, or http:// on this machine")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("address of the key: want host and path alone, the token lies in a file")
	}
	return u, nil
}

func (c Config) client() (*http.Client, error) {
	settings := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CA != "" {
		data, err := os.ReadFile(c.CA)
		if err != nil {
			return nil, fmt.Errorf("authorities of the provider: %w", err)
		}
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM(data) {
			return nil, fmt.Errorf("authorities of the provider: no certificate in %s", c.CA)
		}
	}
	if c.Certificate != "" || c.PrivateKey != "" {
		own, err := tls.LoadX509KeyPair(c.Certificate, c.PrivateKey)
		if err != nil {
			return nil, fmt.Errorf("certificate for the provider: %w", err)
		}
		settings.Certificates = []tls.Certificate{own}
	}
	return &http.Client{
		Transport:     &http.Transport{TLSClientConfig: settings, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// token is empty without a file.
func (c Config) token() (string, error) {
	if c.TokenFile == "" {
		return "", nil
	}
	data, err := os.ReadFile(c.TokenFile)
	if err != nil {
		return "", fmt.Errorf("token of the provider: %w", err)
	}
	token := strings.TrimSpace(string(data))
	if token == "" || strings.ContainsAny(token, " \t\r\n") {
		return "", fmt.Errorf("token of the provider: %s does not hold one", c.TokenFile)
	}
	return token, nil
}
