package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Account is the bus account in which hub and contours meet.
const Account = "HUB"

// ServerOptions are the settings of the embedded server.
type ServerOptions struct {
	Dir  string // where streams and the issuer's key are kept
	Host string // 127.0.0.1 when empty
	Port int    // 0 takes a free one
	Sync bool   // sync every message (JetStream's sync_interval: always); custody does not need it
}

// Server is the embedded bus: one nats-server in this process, with authentication on. The hub's own user
// is made anew at every start; contours' users are issued by the hub when they connect (auth callout), from
// the same API keys that open the HTTP door.
type Server struct {
	server *server.Server
	user   string
	secret string
	issuer nkeys.KeyPair
}

// StartServer starts the embedded server.
func StartServer(o ServerOptions) (*Server, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("bus directory: %w", err)
	}
	issuer, err := loadIssuer(filepath.Join(o.Dir, "issuer.nk"))
	if err != nil {
		return nil, err
	}
	public, err := issuer.PublicKey()
	if err != nil {
		return nil, fmt.Errorf("bus issuer: %w", err)
	}
	s := &Server{user: "hub-" + record.NewKey().Hex(), secret: record.NewKey().Hex() + record.NewKey().Hex(), issuer: issuer}
	options := &server.Options{}
	if err := options.ProcessConfigString(s.config(o, public)); err != nil {
		return nil, fmt.Errorf("bus configuration: %w", err)
	}
	options.NoSigs, options.NoLog, options.SyncAlways = true, true, o.Sync
	if s.server, err = server.NewServer(options); err != nil {
		return nil, fmt.Errorf("bus: %w", err)
	}
	go s.server.Start()
	if !s.server.ReadyForConnections(20 * time.Second) {
		s.Stop()
		return nil, errors.New("bus: the embedded server does not start; is its directory in use, or the port taken?")
	}
	return s, nil
}

func (s *Server) config(o ServerOptions, issuer string) string {
	host, port := o.Host, o.Port
	if host == "" {
		host = "127.0.0.1"
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	return fmt.Sprintf(`
server_name: smdo-hub
listen: %q
max_payload: 2MB
jetstream { store_dir: %q, max_file_store: 64GB }
accounts {
  %s { jetstream: enabled, users: [ { user: %q, password: %q } ] }
  SYS { }
}
system_account: SYS
authorization {
  timeout: 5
  auth_callout { issuer: %s, account: %s, auth_users: [ %q ] }
}`, net.JoinHostPort(host, fmt.Sprint(port)), filepath.Join(o.Dir, "jetstream"), Account, s.user, s.secret, issuer, Account, s.user)
}

func loadIssuer(name string) (nkeys.KeyPair, error) {
	seed, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		pair, err := nkeys.CreateAccount()
		if err != nil {
			return nil, fmt.Errorf("bus issuer: %w", err)
		}
		if seed, err = pair.Seed(); err != nil {
			return nil, fmt.Errorf("bus issuer: %w", err)
		}
		if err := os.WriteFile(name, seed, 0o600); err != nil {
			return nil, fmt.Errorf("bus issuer: %w", err)
		}
		return pair, nil
	}
	if err != nil {
		return nil, fmt.Errorf("bus issuer: %w", err)
	}
	return nkeys.FromSeed(seed)
}

// URL is where contours connect.
func (s *Server) URL() string { return s.server.ClientURL() }

// Issuer signs the users of contours.
func (s *Server) Issuer() nkeys.KeyPair { return s.issuer }

// Connect opens the hub's own connection, inside the process.
func (s *Server) Connect() (*nats.Conn, error) {
	return nats.Connect("", nats.InProcessServer(s.server), nats.UserInfo(s.user, s.secret), nats.Name("smdo-hub"), nats.MaxReconnects(-1))
}

// Stop ends the server and waits for it.
func (s *Server) Stop() {
	s.server.Shutdown()
	s.server.WaitForShutdown()
}

// Principal is who holds an API key.
type Principal struct {
	KeyID   string
	Contour document.ContourCode
	Role    record.Role
}

// authSubject is where the server asks who may connect (NATS auth callout, ADR-26).
const authSubject = "$SYS.REQ.USER.AUTH"

// userLifetime bounds how long a revoked key keeps an open connection.
const userLifetime = 15 * time.Minute

// ServeAuth answers the bus server's questions who may connect: a contour with its API key may request what
// its doors take, and read its own inbox; nothing else (D13). It ends with ctx.
func ServeAuth(ctx context.Context, nc *nats.Conn, issuer nkeys.KeyPair, identify func(context.Context, string) (Principal, error), log *slog.Logger) error {
	sub, err := nc.QueueSubscribe(authSubject, "hub", func(m *nats.Msg) {
		answer, err := authorize(ctx, m.Data, issuer, identify)
		if err != nil {
			log.Warn("bus connection refused", "error", err)
			return // no answer: the server refuses
		}
		_ = m.Respond(answer)
	})
	if err != nil {
		return fmt.Errorf("serve bus authentication: %w", err)
	}
	<-ctx.Done()
	return sub.Unsubscribe()
}

func authorize(ctx context.Context, request []byte, issuer nkeys.KeyPair, identify func(context.Context, string) (Principal, error)) ([]byte, error) {
	asked, err := jwt.DecodeAuthorizationRequestClaims(string(request))
	if err != nil {
		return nil, fmt.Errorf("authorization request: %w", err)
	}
	answer := jwt.NewAuthorizationResponseClaims(asked.UserNkey)
	answer.Audience = asked.Server.ID
	secret := asked.ConnectOptions.Password
	if secret == "" {
		secret = asked.ConnectOptions.Token
	}
	who, err := identify(ctx, secret)
	if err != nil || who.Role != record.RoleContour || asked.ConnectOptions.Username != "" && asked.ConnectOptions.Username != string(who.Contour) {
		answer.Error = "wrong contour or key"
		return encodeResponse(answer, issuer)
	}
	user := jwt.NewUserClaims(asked.UserNkey)
	user.Name, user.Audience = string(who.Contour), Account
	user.Expires = time.Now().Add(userLifetime).Unix()
	user.Permissions = permissionsOf(who.Contour)
	if answer.Jwt, err = user.Encode(issuer); err != nil {
		return nil, fmt.Errorf("issue user: %w", err)
	}
	return encodeResponse(answer, issuer)
}

func encodeResponse(answer *jwt.AuthorizationResponseClaims, issuer nkeys.KeyPair) ([]byte, error) {
	token, err := answer.Encode(issuer)
	if err != nil {
		return nil, fmt.Errorf("authorization response: %w", err)
	}
	return []byte(token), nil
}

// permissionsOf is everything that a contour may do on the bus.
func permissionsOf(c document.ContourCode) jwt.Permissions {
	var p jwt.Permissions
	p.Pub.Allow.Add(submitRequest+string(c), reportRequest+string(c), mailboxRequest+string(c))
	p.Sub.Allow.Add(InboxPrefix(c)+".>", nudgeSubject+string(c))
	return p
}

// InboxPrefix is the prefix of a contour's reply subjects; its clients set it (nats.CustomInboxPrefix).
func InboxPrefix(c document.ContourCode) string { return "smdo.inbox." + string(c) }

// The request subjects of contours: + contour.
const (
	submitRequest  = "smdo.submit."
	reportRequest  = "smdo.report."
	mailboxRequest = "smdo.mailbox."
)

func contourOf(subject string) document.ContourCode {
	return document.ContourCode(subject[strings.LastIndexByte(subject, '.')+1:])
}
