package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/smdo-hub/smdo-hub/adapters/smdomail"
	"github.com/smdo-hub/smdo-hub/adapters/upstream"
)

// adapters examines what systems with their own protocols need of this machine and of the network.
func (x *examination) adapters(ctx context.Context, c Config) {
	if dir := c.Folders.Dir; dir != "" {
		x.folders(dir)
	}
	if c.Mail.Address != "" {
		x.mail(ctx, c.Mail)
	}
	if c.Upstream.URL != "" {
		x.upstream(ctx, &c.Upstream)
	}
}

// upstream signs in to every account at the national router.
func (x *examination) upstream(ctx context.Context, c *UpstreamConfig) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	o, err := c.options()
	if err == nil {
		var link *upstream.Link
		if link, err = upstream.New(o); err == nil {
			err = link.Check(ctx)
		}
	}
	if err != nil {
		x.add("upstream", failure, err.Error(), "проверьте адрес маршрутизатора, имена и пароли", "check the router's address, users and passwords")
		return
	}
	x.ok("upstream", fmt.Sprintf("%s: %d", c.URL, len(c.Accounts)))
}

// folders looks whether messages can be handed over, and what was put aside.
func (x *examination) folders(dir string) {
	probe, err := os.CreateTemp(dir, ".doctor-")
	if err != nil {
		x.add("folders", failure, err.Error(), "создайте каталог, в который хаб может писать", "make a folder that the hub can write to")
		return
	}
	_ = probe.Close()
	_ = os.Remove(probe.Name())
	aside, _ := filepath.Glob(filepath.Join(dir, "*", "bad", "*")) // the pattern is valid
	if len(aside) > 0 {
		x.add("folders", warning, fmt.Sprintf("%s: %d", dir, len(aside)), "есть отложенные сообщения: причины в reason.txt", "messages were put aside: see reason.txt")
		return
	}
	x.ok("folders", dir)
}

// mail logs in to both servers.
func (x *examination) mail(ctx context.Context, c MailConfig) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	out, err := mailServer(c.SMTP)
	if err != nil {
		x.add("mail.smtp", failure, err.Error(), "исправьте настройки", "correct the configuration")
		return
	}
	in, err := mailServer(c.POP3)
	if err != nil {
		x.add("mail.pop3", failure, err.Error(), "исправьте настройки", "correct the configuration")
		return
	}
	smtpErr, pop3Err := (&smdomail.Post{SMTP: out, POP3: in, Largest: 64 << 20}).Check(ctx)
	for name, err := range map[string]error{"mail.smtp": smtpErr, "mail.pop3": pop3Err} {
		if err != nil {
			x.add(name, failure, err.Error(), "проверьте адрес, имя и пароль", "check address, user and password")
		} else {
			x.ok(name, c.Address)
		}
	}
}
