//go:build pkcs11 && cgo

package pkcs11

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	cryptoki "github.com/miekg/pkcs11"
)

// module is a maker's library in this process.
type module struct{ *cryptoki.Ctx }

// load begins with the library. It may have been begun already, by another key: it is one a process, and is never ended, for
// that would take it from under the others.
func load(path string) (library, error) {
	ctx := cryptoki.New(path)
	if ctx == nil {
		return nil, fmt.Errorf("%s is not a library of PKCS #11, or cannot be loaded", path)
	}
	if err := ctx.Initialize(); err != nil && !is(err, cryptoki.CKR_CRYPTOKI_ALREADY_INITIALIZED) {
		ctx.Destroy()
		return nil, fmt.Errorf("begin with %s: %w", path, err)
	}
	return module{ctx}, nil
}

func (m module) tokens() (all []token, err error) {
	slots, err := m.GetSlotList(true)
	if err != nil {
		return nil, told(err)
	}
	for _, slot := range slots {
		info, err := m.GetTokenInfo(slot)
		if is(err, cryptoki.CKR_TOKEN_NOT_PRESENT, cryptoki.CKR_DEVICE_REMOVED, cryptoki.CKR_TOKEN_NOT_RECOGNIZED) {
			continue
		}
		if err != nil {
			return nil, told(err)
		}
		says := map[string]string{"token": info.Label, "serial": info.SerialNumber, "manufacturer": info.ManufacturerID, "model": info.Model}
		for name, value := range says {
			says[name] = strings.TrimRight(value, " \x00")
		}
		all = append(all, token{slot, says})
	}
	return all, nil
}

func (m module) mechanisms(slot uint) (all []uint, err error) {
	list, err := m.GetMechanismList(slot)
	for _, x := range list {
		all = append(all, x.Mechanism)
	}
	return all, told(err)
}

func (m module) open(slot uint, pin string) (session, error) {
	handle, err := m.OpenSession(slot, cryptoki.CKF_SERIAL_SESSION)
	if err != nil {
		return nil, told(err)
	}
	if err := m.Login(handle, cryptoki.CKU_USER, pin); err != nil && !is(err, cryptoki.CKR_USER_ALREADY_LOGGED_IN) {
		m.CloseSession(handle)
		return nil, told(err)
	}
	return cgoSession{m, handle}, nil
}

type cgoSession struct {
	module
	handle cryptoki.SessionHandle
}

func (s cgoSession) find(class uint, label, id string) (all []object, err error) {
	template := []*cryptoki.Attribute{cryptoki.NewAttribute(cryptoki.CKA_CLASS, class)}
	if label != "" {
		template = append(template, cryptoki.NewAttribute(cryptoki.CKA_LABEL, label))
	}
	if id != "" {
		template = append(template, cryptoki.NewAttribute(cryptoki.CKA_ID, id))
	}
	if class == classCertificate {
		template = append(template, cryptoki.NewAttribute(cryptoki.CKA_CERTIFICATE_TYPE, cryptoki.CKC_X_509))
	}
	if err := s.FindObjectsInit(s.handle, template); err != nil {
		return nil, told(err)
	}
	handles, _, err := s.FindObjects(s.handle, 100)
	if err = errors.Join(err, s.FindObjectsFinal(s.handle)); err != nil {
		return nil, told(err)
	}
	for _, h := range handles {
		wanted := []*cryptoki.Attribute{cryptoki.NewAttribute(cryptoki.CKA_ID, nil)}
		if class == classCertificate {
			wanted = append(wanted, cryptoki.NewAttribute(cryptoki.CKA_VALUE, nil))
		}
		values, err := s.GetAttributeValue(s.handle, h, wanted)
		if err != nil {
			return nil, told(err)
		}
		o := object{handle: uint(h), id: string(values[0].Value)}
		if class == classCertificate {
			o.value = values[1].Value
		}
		all = append(all, o)
	}
	return all, nil
}

func (s cgoSession) sign(m mechanism, key uint, data []byte) ([]byte, error) {
	var parameters any
	if m.pss {
		parameters = cryptoki.NewPSSParams(cryptoki.CKM_SHA256, cryptoki.CKG_MGF1_SHA256, 32)
	}
	mechanisms := []*cryptoki.Mechanism{cryptoki.NewMechanism(m.number, parameters)}
	if err := s.SignInit(s.handle, mechanisms, cryptoki.ObjectHandle(key)); err != nil {
		return nil, told(err)
	}
	value, err := s.Sign(s.handle, data)
	return value, told(err)
}

func (s cgoSession) close() { s.CloseSession(s.handle) } // whether it was there still does not matter

// told sorts the library's errors.
func told(err error) error {
	switch {
	case is(err, cryptoki.CKR_PIN_INCORRECT, cryptoki.CKR_PIN_INVALID, cryptoki.CKR_PIN_LEN_RANGE, cryptoki.CKR_PIN_EXPIRED, cryptoki.CKR_PIN_LOCKED):
		return fmt.Errorf("%w: %w", ErrPIN, err)
	case is(err, cryptoki.CKR_SESSION_HANDLE_INVALID, cryptoki.CKR_SESSION_CLOSED, cryptoki.CKR_DEVICE_REMOVED, cryptoki.CKR_DEVICE_ERROR,
		cryptoki.CKR_TOKEN_NOT_PRESENT, cryptoki.CKR_USER_NOT_LOGGED_IN, cryptoki.CKR_OBJECT_HANDLE_INVALID, cryptoki.CKR_KEY_HANDLE_INVALID,
		cryptoki.CKR_SLOT_ID_INVALID):
		return fmt.Errorf("%w: %w", errLost, err)
	}
	return err
}

func is(err error, codes ...cryptoki.Error) bool {
	var code cryptoki.Error
	return errors.As(err, &code) && slices.Contains(codes, code)
}
