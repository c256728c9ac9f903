package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/contours/signature/tsl"
)

// list examines a trusted list: who signed it, that it is not older than the one held, and has not run out.
func (a *addition) list(data []byte) error {
	if a.folder.Lists.Read == nil {
		return &exitError{exitUsage, errors.New(a.g.Lang.Pick("укажите в настройках list_signers этой папки: чьи списки принимать", "set list_signers of this folder in the configuration: whose lists count"))}
	}
	read, err := a.folder.Lists.Read(data, a.folder.Lists.Signers)
	var refusal *tsl.Refusal
	if errors.As(err, &refusal) {
		return a.refuse(refusal.Text.RU+" ("+refusal.Detail+")", refusal.Text.EN+" ("+refusal.Detail+")")
	} else if err != nil {
		return &exitError{exitFailure, err}
	}
	sum := sha256.Sum256(data)
	l := &signature.HeldList{TrustList: read, Domain: a.folder.Domain, SHA256: sum[:]}
	scheme := sha256.Sum256([]byte(l.Scheme))
	a.name = "tsl-" + hex.EncodeToString(scheme[:4]) + ".xml"
	for _, held := range a.store.Lists() {
		if held.Domain != l.Domain || held.Scheme != l.Scheme {
			continue
		}
		if l.Sequence <= held.Sequence {
			return a.refuse(fmt.Sprintf("список № %d не новее имеющегося № %d", l.Sequence, held.Sequence), fmt.Sprintf("list %d is not newer than list %d that is there", l.Sequence, held.Sequence))
		}
		a.name = held.File
	}
	l.File = a.name
	a.rows, a.data = []trustedCertificate{trustedList(a.g, l, a.now)}, data
	if l.StaleAt(a.now) {
		return a.refuse(a.rows[0].Text, a.rows[0].Text)
	}
	if _, err := a.store.With(signature.Domain{Name: a.folder.Domain, Lists: []*signature.HeldList{l}}); err != nil {
		return &exitError{exitFailure, err}
	}
	return nil
}
