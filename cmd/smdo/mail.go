package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/smdo-hub/smdo-hub/adapters/smdomail"
)

// runMail exchanges the mail of СМДО. Mails that cannot be read are put aside in the data directory.
func (h *hub) runMail(ctx context.Context) error {
	c := h.config.Mail
	out, err := mailServer(c.SMTP)
	if err != nil {
		return fmt.Errorf("mail.smtp: %w", err)
	}
	in, err := mailServer(c.POP3)
	if err != nil {
		return fmt.Errorf("mail.pop3: %w", err)
	}
	dir := filepath.Join(h.config.Data, "mail")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	bad, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	defer bad.Close()
	post := &smdomail.Post{
		Hub: h.Hub, Record: h.record, Files: h.files(), Clock: h.Clock, Log: h.log, Address: c.Address, SMTP: out, POP3: in, Bad: bad,
		Every: cmp.Or(time.Duration(c.Every), 30*time.Second), Largest: cmp.Or(c.Largest, 64<<20),
	}
	return post.Run(ctx)
}

func mailServer(c MailServerConfig) (smdomail.Server, error) {
	s := smdomail.Server{Address: c.Address, User: c.User}
	host, _, err := net.SplitHostPort(c.Address)
	if err != nil {
		return s, err
	}
	if c.Password != "" {
		if s.Password, err = secret(c.Password); err != nil {
			return s, err
		}
	}
	if !c.Plain {
		s.TLS = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	}
	return s, nil
}
