package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/smdo-hub/smdo-hub/adapters/api"
	"github.com/smdo-hub/smdo-hub/contours/signature"
	providers "github.com/smdo-hub/smdo-hub/contours/signature/remote"
)

// keptKey is a key of the configuration. It is opened when it is first needed, so that a token that is drawn or a provider
// that is away stops nobody else; a key in a file is read anew each time, since files are replaced while the hub runs. It
// may be used by many goroutines.
type keptKey struct {
	SignerConfig
	emulator *signature.Emulator // nil: not configured

	mu     sync.Mutex // of opening, too: a token takes one login at a time
	opened *signature.KeySigner
	done   func()
}

// openSigners takes the keys up; none is opened yet.
func (h *hub) openSigners(context.Context) error {
	for _, c := range h.config.Signers {
		k := &keptKey{SignerConfig: c, emulator: h.emulator}
		h.signers = append(h.signers, k)
		h.closers = append(h.closers, k.close)
	}
	return nil
}

// forAPI is the key as the API uses it.
func (k *keptKey) forAPI() api.Signer {
	return api.Signer{Contour: k.Contour, Participant: k.Participant, APIKeys: k.APIKeys, Sign: k.sign}
}

// sign signs once more, with the key opened anew, when the certificate is another one by now: nothing was signed then.
func (k *keptKey) sign(ctx context.Context, content signature.Content) ([]byte, error) {
	cms, used, err := k.try(ctx, content)
	if errors.Is(err, providers.ErrCertificate) || errors.Is(err, signature.ErrKey) {
		k.forget(used)
		cms, _, err = k.try(ctx, content)
	}
	return cms, err
}

func (k *keptKey) try(ctx context.Context, content signature.Content) ([]byte, *signature.KeySigner, error) {
	signer, err := k.signer(ctx)
	if err != nil {
		return nil, nil, err
	}
	cms, err := signer.SignContext(ctx, content)
	return cms, signer, err
}

// signer opens the key unless it is open.
func (k *keptKey) signer(ctx context.Context) (*signature.KeySigner, error) {
	source := k.source()
	if k.Key == emulatedKey {
		return k.emulated(source.algorithm)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.opened != nil {
		return k.opened, nil
	}
	signer, done, err := source.open(ctx)
	if err != nil {
		done()
		return nil, fmt.Errorf("open the key: %w", err)
	}
	if source.inToken() || source.atProvider() {
		k.opened, k.done = signer, done
	}
	return signer, nil
}

// emulated is a key of the emulator, which keeps it.
func (k *keptKey) emulated(algorithm signature.Algorithm) (*signature.KeySigner, error) {
	if algorithm == "" {
		algorithm = signature.ECDSAP256
	}
	signer, err := k.emulator.Issue("signer "+k.name(), signature.SignerOptions{Name: k.name(), Algorithm: algorithm})
	if err != nil {
		return nil, err
	}
	return signature.NewKeySigner(signer, algorithm, signer.Certificate())
}

// forget gives the key up if it is still the one that was used.
func (k *keptKey) forget(used *signature.KeySigner) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.opened != nil && k.opened == used {
		k.done()
		k.opened = nil
	}
}

func (k *keptKey) close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.opened != nil {
		k.done()
		k.opened = nil
	}
	return nil
}

// term is that of the key's certificate. For a contour's key it names the contour: the certificate may name a person (D17).
func (k *keptKey) term(ctx context.Context) (signature.Term, error) {
	signer, err := k.signer(ctx)
	if err != nil {
		return signature.Term{}, err
	}
	return k.termOf(signer), nil
}

func (k *keptKey) termOf(signer *signature.KeySigner) signature.Term {
	if k.Contour == "" {
		return signature.TermOf(signature.OwnTerm, signer.Certificate())
	}
	t := signature.TermOf(signature.SignerTerm, signer.Certificate())
	t.Name = string(k.Contour)
	return t
}

// signerTerms lists when the certificates of the keys end, the emulator's aside, which renews them itself. A key that cannot
// be opened is told of each time: nobody may need it for weeks, and then at once.
func (h *hub) signerTerms(ctx context.Context) (all []signature.Term) {
	for _, k := range h.signers {
		if k.Key == emulatedKey {
			continue
		}
		t, err := k.term(ctx)
		if ctx.Err() != nil {
			return all
		}
		if err != nil {
			h.log.Warn("a key of the configuration cannot be opened", "contour", k.Contour, "error", err)
			continue
		}
		all = append(all, t)
	}
	return all
}
