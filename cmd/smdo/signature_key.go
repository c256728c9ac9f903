package main

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/contours/signature/pkcs11"
	providers "github.com/smdo-hub/smdo-hub/contours/signature/remote"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// provider are the flags of a key at a provider; secrets are files.
type provider struct {
	Token   string        `help:"Файл с токеном доступа к поставщику. / File with the provider's bearer token." type:"existingfile"`
	CA      string        `name:"ca" help:"Центры, выдавшие сертификат поставщика: PEM; без флага системные. / Authorities of the provider's certificate; the system's without it." type:"existingfile"`
	Cert    string        `help:"Наш сертификат для взаимного TLS: PEM. / Our certificate for mutual TLS." type:"existingfile"`
	CertKey string        `help:"Ключ к нему: PEM. / Its key." type:"existingfile"`
	Timeout time.Duration `help:"Сколько ждать поставщика, с повторами. / How long to wait for the provider, repetitions included." default:"30s"`
}

// keySource says where a private key lies, with whom and by what it signs.
type keySource struct {
	key       string // a PEM file, pkcs11:… of a token, or https://… at a provider
	cert      string // file of the certificate; with a token empty: its own
	algorithm signature.Algorithm
	provider  providers.Config // URL aside
}

func (k keySource) inToken() bool { return strings.HasPrefix(k.key, "pkcs11:") }

func (k keySource) atProvider() bool {
	return strings.HasPrefix(k.key, "https://") || strings.HasPrefix(k.key, "http://")
}

// open opens the key where it lies; done is called when it is needed no more.
func (k keySource) open(ctx context.Context) (signer *signature.KeySigner, done func(), err error) {
	done = func() {}
	switch {
	case k.inToken():
		return k.openToken()
	case k.atProvider():
		k.provider.URL = k.key
		key, err := providers.Open(ctx, k.provider)
		if err != nil {
			return nil, done, err
		}
		signer, err = key.Signer(k.algorithm)
		return signer, done, err
	}
	signer, err = signature.ReadSigner(k.key, k.algorithm, k.cert)
	return signer, done, err
}

func (k keySource) openToken() (signer *signature.KeySigner, done func(), err error) {
	var certificates []*x509.Certificate
	if k.cert != "" {
		if certificates, err = signature.ReadCertificates(k.cert); err != nil {
			return nil, func() {}, err
		}
	}
	key, err := pkcs11.Open(k.key, certificates...)
	if err != nil {
		return nil, func() {}, err
	}
	signer, err = key.Signer(k.algorithm)
	return signer, func() { _ = key.Close() }, err
}

// keySigner opens the key that the flags name.
func (s *signatureSign) keySigner(g *Global) (signature.Signer, func(), error) {
	usage := func(ru, en string) (signature.Signer, func(), error) {
		return nil, nil, &exitError{exitUsage, errors.New(g.Lang.Pick(ru, en))}
	}
	source := keySource{s.Key, s.Cert, signature.Algorithm(s.Algorithm), providers.Config{
		TokenFile: s.Provider.Token, CA: s.Provider.CA, Certificate: s.Provider.Cert, PrivateKey: s.Provider.CertKey, Timeout: s.Provider.Timeout,
	}}
	switch {
	case source.atProvider() && s.Cert != "":
		return usage("сертификат даёт поставщик: --cert здесь лишний", "the provider gives the certificate: --cert has no place here")
	case !source.atProvider() && !source.inToken() && s.Cert == "":
		return usage("к --key с файлом нужен --cert", "--key with a file needs --cert")
	}
	signer, done, err := source.open(context.Background())
	if errors.Is(err, pkcs11.ErrAbsent) {
		return usage("эта сборка без PKCS #11: соберите с -tags pkcs11", "this build has no PKCS #11: build it with -tags pkcs11")
	}
	return signer, done, keyError(err)
}

// keyError gives what goes wrong with a key the exit code that fits: the provider's no, a provider that is not there, or a
// command line that makes no sense.
func keyError(err error) error {
	if err == nil {
		return nil
	}
	var no *providers.Problem
	var network *url.Error
	switch {
	case errors.As(err, &no):
		code := (&problem{Problem: openapi.Problem{Status: no.Status}}).exitCode()
		if no.Status == http.StatusTooManyRequests || no.Status == http.StatusInternalServerError {
			code = exitUnreachable
		}
		return &exitError{code, err}
	case errors.As(err, &network), errors.Is(err, context.DeadlineExceeded):
		return &exitError{exitUnreachable, err}
	case errors.Is(err, signature.ErrKey), errors.Is(err, providers.ErrCertificate), errors.Is(err, providers.ErrProtocol):
		return &exitError{exitFailure, err}
	}
	return &exitError{exitUsage, err}
}
