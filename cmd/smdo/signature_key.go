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

// keySigner opens the key where it lies.
func (s *signatureSign) keySigner(g *Global) (signature.Signer, func(), error) {
	usage := func(ru, en string) (signature.Signer, func(), error) {
		return nil, nil, &exitError{exitUsage, errors.New(g.Lang.Pick(ru, en))}
	}
	algorithm := signature.Algorithm(s.Algorithm)
	switch {
	case strings.HasPrefix(s.Key, "pkcs11:"):
		signer, done, err := s.tokenSigner(algorithm)
		if errors.Is(err, pkcs11.ErrAbsent) {
			return usage("эта сборка без PKCS #11: соберите с -tags pkcs11", "this build has no PKCS #11: build it with -tags pkcs11")
		}
		return signer, done, keyError(err)
	case strings.HasPrefix(s.Key, "https://"), strings.HasPrefix(s.Key, "http://"):
		if s.Cert != "" {
			return usage("сертификат даёт поставщик: --cert здесь лишний", "the provider gives the certificate: --cert has no place here")
		}
		signer, err := s.providerSigner(algorithm)
		return signer, func() {}, keyError(err)
	case s.Cert == "":
		return usage("к --key с файлом нужен --cert", "--key with a file needs --cert")
	}
	signer, err := signature.ReadSigner(s.Key, algorithm, s.Cert)
	return signer, func() {}, keyError(err)
}

func (s *signatureSign) tokenSigner(algorithm signature.Algorithm) (signer signature.Signer, done func(), err error) {
	var certificates []*x509.Certificate
	if s.Cert != "" {
		if certificates, err = signature.ReadCertificates(s.Cert); err != nil {
			return nil, nil, err
		}
	}
	key, err := pkcs11.Open(s.Key, certificates...)
	if err != nil {
		return nil, nil, err
	}
	signer, err = key.Signer(algorithm)
	return signer, func() { key.Close() }, err
}

func (s *signatureSign) providerSigner(algorithm signature.Algorithm) (signature.Signer, error) {
	key, err := providers.Open(context.Background(), providers.Config{
		URL: s.Key, TokenFile: s.Provider.Token, CA: s.Provider.CA, Certificate: s.Provider.Cert, PrivateKey: s.Provider.CertKey, Timeout: s.Provider.Timeout,
	})
	if err != nil {
		return nil, err
	}
	return key.Signer(algorithm)
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
