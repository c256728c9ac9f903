package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// maxMissing bounds the lines about centres without a list.
const maxMissing = 20

// revocation examines the lists of revoked certificates that lie in folders and that the hub has fetched. It asks nobody
// over the network.
func (x *examination) revocation(c Config, trust *signature.TrustStore, families []signature.Family) {
	r := c.Trust.Revocation
	if !r.used() {
		if len(c.Trust.Folders) > 0 {
			x.add("crl", warning, "0", "отзыв сертификатов не проверяется: укажите trust.revocation", "revocation is not checked: set trust.revocation")
		}
		return
	}
	config := signature.RevocationConfig{Folders: r.Folders, Addresses: r.Addresses, Hosts: r.Hosts, Grace: time.Duration(r.Grace)}
	if cache := filepath.Join(c.Data, "crl"); isFolder(cache) {
		config.Cache = cache
	}
	store, err := signature.OpenRevocationStore(trust, config, families...)
	if err != nil {
		x.add("crl", failure, err.Error(), "исправьте trust.revocation", "correct trust.revocation")
		return
	}
	x.standings(store.Standings(time.Now()))
	problems := store.Problems()
	for _, place := range slices.Sorted(maps.Keys(problems)) {
		x.add("crl", warning, problems[place].Error(), "список не принят: замените", "the list was not taken: replace it")
	}
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// standings says of each centre whether its list is at hand.
func (x *examination) standings(all []signature.ListStanding) {
	missing := 0
	for _, s := range all {
		text := fmt.Sprintf("%s %s: %s", s.Issuer, s.Fingerprint, s.NextUpdate.Format(time.RFC3339))
		switch s.State {
		case signature.Good:
			x.ok("crl", text)
		case signature.Stale:
			x.add("crl", failure, text, "список устарел: проверьте, откуда он берётся", "the list has run out: look where it comes from")
		default:
			if missing++; missing <= maxMissing {
				x.add("crl", warning, s.Issuer+" "+s.Fingerprint, "списка отозванных нет: укажите trust.revocation.addresses или folders", "there is no revocation list: set trust.revocation.addresses or folders")
			}
		}
	}
	if missing > maxMissing {
		x.add("crl", warning, fmt.Sprintf("+%d", missing-maxMissing), "и других списков нет", "nor are these lists there")
	}
}
