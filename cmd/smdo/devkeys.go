package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// devKeys makes sure that every contour of the example, and an administrator, has an API key in a file of
// the data directory. It returns the folder.
func (h *hub) devKeys(ctx context.Context) (string, error) {
	dir := filepath.Join(h.config.Data, "dev", "keys")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("keys: %w", err)
	}
	config := h.Book().Config()
	for i := range config.Contours {
		code := config.Contours[i].Code
		if err := h.devKey(ctx, filepath.Join(dir, string(code)+".key"), code, record.RoleContour); err != nil {
			return "", err
		}
	}
	for _, role := range []record.Role{record.RoleAdmin, record.RoleAuditor} {
		if err := h.devKey(ctx, filepath.Join(dir, string(role)+".key"), "", role); err != nil {
			return "", err
		}
	}
	return dir, nil
}

func (h *hub) devKey(ctx context.Context, name string, contour document.ContourCode, role record.Role) error {
	if text, err := secret(name); err == nil {
		if _, err := h.keys.Identify(ctx, text); err == nil {
			return nil
		}
	}
	text, key := broker.NewKey(contour, role, "smdo dev", time.Now(), time.Time{})
	if err := h.record.AddKey(ctx, key); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	if err := os.WriteFile(name, []byte(text+"\n"), 0o600); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	return nil
}

func (d *devCommand) banner(h *hub, door *httpDoor, keys string, say func(ru, en string)) {
	kept := h.config.Data
	note := [2]string{"(очистить: smdo dev --data … --reset)", "(empty it: smdo dev --data … --reset)"}
	if d.Data == "" {
		note = [2]string{"(временный, исчезнет с остановкой; постоянный: --data КАТАЛОГ)", "(temporary, gone with the stop; to keep it: --data DIR)"}
	}
	say("Хаб запущен (режим разработки — не для эксплуатации)", "The hub is running (development mode, not for production)")
	say("  API         "+door.url()+"/api/v1   OpenAPI: /openapi.yaml", "  API         "+door.url()+"/api/v1   OpenAPI: /openapi.yaml")
	bus := d.Nats
	if h.server != nil {
		bus = h.server.URL()
	}
	say("  NATS        "+bus, "  NATS        "+bus)
	say("  Ключи       "+keys, "  Keys        "+keys)
	record := "SQLite"
	if d.Record != "" {
		record = "PostgreSQL"
	}
	say("  База        "+record, "  Record      "+record)
	say("  Хранение    "+kept+" "+note[0], "  Data        "+kept+" "+note[1])
}

func (d *devCommand) tryThis(h *hub, door *httpDoor, keys string, say func(ru, en string)) {
	say("\nПопробуйте:", "\nTry:")
	for _, line := range []string{
		fmt.Sprintf("export SMDO_URL=%s SMDO_KEY_FILE=%s/head-a.key", door.url(), keys),
		"smdo packet ls",
		"smdo contour explain --to sub-b1",
		fmt.Sprintf("curl -s -H \"Authorization: Bearer $(cat %s/sub-a1.key)\" %s/api/v1/tasks", keys, door.url()),
	} {
		say("  "+line, "  "+line)
	}
	say("Остановить: Ctrl-C", "Stop: Ctrl-C")
}
