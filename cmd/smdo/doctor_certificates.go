package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/contours/signature/tsl"
)

// certificates examines the trust folders, the revocation lists, the certificate of the API's own door and the signers.
func (x *examination) certificates(ctx context.Context, c Config) {
	if len(c.Trust.Folders) == 0 && !c.Trust.Emulator {
		x.add("trust", warning, "0", "ни одна подпись не будет признана: укажите trust.folders", "no signature will be believed: set trust.folders")
	}
	families, err := familiesOf(c.Trust.Families)
	folders, wrong := trustFolders(c, families)
	if err = errors.Join(err, wrong); err != nil {
		x.add("trust", failure, err.Error(), "исправьте trust в настройках", "correct trust in the configuration")
		return
	}
	for _, f := range examiningOnly(folders) {
		x.folder(f, families)
	}
	store, err := signature.OpenTrustStore(examiningOnly(folders)...)
	if err == nil {
		x.revocation(c, store, families)
		x.signers(ctx, c, signature.NewVerifier(store, families...))
	} else if len(folders) > 1 {
		x.add("trust", failure, err.Error(), "исправьте папки", "correct the folders")
	}
	if c.Trust.Emulator {
		x.add("trust", warning, x.lang.Pick("Эмулятор ЭЦП включён", "the emulator is on"), "в эксплуатации выключите: trust.emulator", "switch it off in production: trust.emulator")
	}
	if c.HTTP.Cert != "" {
		x.own(c)
	}
}

// signers examines the keys that the hub is to have sign: that each can be opened, that the hub will take its signatures,
// and when its certificate ends. Nothing is signed.
func (x *examination) signers(ctx context.Context, c Config, v *signature.Verifier) {
	for _, s := range c.Signers {
		if s.Key == emulatedKey {
			continue // told of already
		}
		check, k := "signer "+s.name(), keptKey{SignerConfig: s}
		signer, err := k.signer(ctx)
		if err != nil {
			x.add(check, failure, err.Error(), "исправьте signers в настройках или включите токен, поставщика", "correct signers in the configuration, or make the token or provider available")
			continue
		}
		now := time.Now()
		x.term(check, k.termOf(signer), now)
		var others [][]byte
		for _, o := range signer.Authorities() {
			others = append(others, o.Raw)
		}
		found := v.VerifyCertificate(signer.Certificate().Raw, others, now)
		if found.Status != signature.Valid && now.Before(signer.Certificate().NotAfter) && !c.Trust.Emulator { // an emulator's root is not in the folders
			x.add(check, failure, x.lang.Pick(found.Text().RU, found.Text().EN), "хаб не признает его подписей: добавьте центр, smdo trust-store add", "the hub will not take its signatures: add the centre, smdo trust-store add")
		}
		_ = k.close()
	}
}

// folder examines one trust folder: that it can be loaded, and when what it holds ends.
func (x *examination) folder(f signature.Folder, families []signature.Family) {
	check := "trust " + f.Domain
	store, err := signature.OpenTrustStore(f)
	var refusal *tsl.Refusal
	switch {
	case errors.As(err, &refusal):
		x.add(check, failure, err.Error(), refusal.Text.RU, refusal.Text.EN)
		return
	case errors.Is(err, signature.ErrOlderList):
		x.add(check, failure, err.Error(), "верните новый список: старый не принимается", "put the newer list back: an older one is not taken")
		return
	case err != nil:
		x.add(check, failure, err.Error(), "исправьте папку", "correct the folder")
		return
	}
	terms := store.Terms()
	if len(terms) == 0 {
		x.add(check, warning, f.Path, "папка пуста: smdo trust-store add", "the folder is empty: smdo trust-store add")
	}
	for _, t := range terms {
		x.term(check, t, time.Now())
	}
	now := time.Now()
	for _, v := range signature.NewVerifier(store, families...).CheckAuthorities(now) {
		if v.Status != signature.Valid && now.Before(v.NotAfter) && !v.Listed { // ended ones were told of
			x.add(check, failure, v.CommonName+" "+signature.Short(v.Certificate)+": "+x.lang.Pick(v.Text().RU, v.Text().EN), "замените или уберите: smdo trust-store check", "replace or remove it: smdo trust-store check")
		}
	}
	if lists, _ := filepath.Glob(filepath.Join(f.Path, "*.xml")); len(lists) > 0 && f.Lists.Read == nil {
		x.add(check, warning, filepath.Base(lists[0]), "доверенный список не читается: укажите list_signers", "the trusted list is not read: set list_signers")
	}
}

// own examines the certificate of the API's door.
func (x *examination) own(c Config) {
	certificates, err := readBundle(c.HTTP.Cert)
	if err != nil {
		x.add("tls", failure, err.Error(), "здесь нужен сертификат сервера", "a server certificate is needed here")
	}
	now := time.Now()
	for _, certificate := range certificates {
		if now.Before(certificate.NotBefore) {
			x.add("tls", failure, certificate.NotBefore.Format(time.DateOnly), "срок ещё не начался", "its term has not begun")
			continue
		}
		x.term("tls", signature.TermOf(signature.OwnTerm, certificate), now)
	}
}

// term says when something ends, and warns as early as the hub does.
func (x *examination) term(check string, t signature.Term, now time.Time) {
	left := signature.DaysLeft(t.Ends, now)
	text := fmt.Sprintf("%s %s %s: %s, %s", t.Kind, t.Name, t.Fingerprint, t.Ends.Format(time.DateOnly), fmt.Sprintf(x.lang.Pick("осталось дней %d", "%d days left"), left))
	switch {
	case !t.Ends.After(now) && t.Kind == signature.ListTerm:
		x.add(check, failure, text, "список устарел: добавьте новый, smdo trust-store add", "the list has run out: add the next one, smdo trust-store add")
	case !t.Ends.After(now):
		x.add(check, failure, text, "срок вышел: замените", "out of its term: replace it")
	case left < slices.Max(signature.WarnDays()):
		x.add(check, warning, text, "скоро истечёт: замените", "it ends soon: replace it")
	default:
		x.ok(check, text)
	}
}
