package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/smdo-hub/smdo-hub/adapters/smdomail"
)

func TestDoctorTriesFoldersAndMail(t *testing.T) {
	fake, err := smdomail.NewFake(map[string]string{routerMailbox: "right"})
	if err != nil {
		t.Fatal(err)
	}
	defer fake.Close()
	data := t.TempDir()
	folders := filepath.Join(data, "folders")
	config := func(password string) string {
		file := filepath.Join(t.TempDir(), "password")
		if err := os.WriteFile(file, []byte(password+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		server := "{address: '%s', user: " + routerMailbox + ", password_file: " + file + ", plain: true}"
		return fmt.Sprintf("data: %s\nfolders: {dir: %s}\nmail: {address: %s, smtp: "+server+", pop3: "+server+"}\n", data, folders, routerMailbox, fake.SMTP, fake.POP3)
	}
	_, said := examined(t, config("wrong"))
	if said["folders"] != failure || said["mail.smtp"] != failure || said["mail.pop3"] != failure {
		t.Errorf("without a folder, with a wrong password: %v", said)
	}
	if err := os.MkdirAll(filepath.Join(folders, "head-a", "bad", "1"), 0o770); err != nil {
		t.Fatal(err)
	}
	_, said = examined(t, config("right"))
	if said["folders"] != warning || said["mail.smtp"] != "ok" || said["mail.pop3"] != "ok" {
		t.Errorf("with a message put aside: %v", said)
	}
}
