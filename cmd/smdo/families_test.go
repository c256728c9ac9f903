package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestADeploymentNamesTheFamiliesThatItAllows(t *testing.T) {
	for names, want := range map[string]string{
		"": "std gost stb", "stb": "stb", "gost std": "gost std", "std gost stb": "std gost stb",
		"rsa": "error", "std std": "error", "STD": "error",
	} {
		got := []string{}
		families, err := familiesOf(strings.Fields(names))
		for _, f := range families {
			got = append(got, f.Name())
		}
		if err != nil {
			got = []string{"error"}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q gives %v (%v), want %s", names, got, err, want)
		}
	}
	name := filepath.Join(t.TempDir(), "smdo.yaml")
	for text, wrong := range map[string]bool{"[std, stb]": false, "[std, rot13]": true} {
		if err := os.WriteFile(name, []byte("data: /var/lib/smdo\ntrust:\n  families: "+text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := loadConfig(name); (err != nil) != wrong || wrong && !strings.Contains(err.Error(), "trust.families") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
