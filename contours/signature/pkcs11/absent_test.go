//go:build !pkcs11 || !cgo

package pkcs11

import (
	"errors"
	"testing"
)

func TestABuildWithoutPKCS11SaysSo(t *testing.T) {
	if _, err := Open("pkcs11:object=sign?module-path=/maker.so&pin-source=/pin"); !errors.Is(err, ErrAbsent) {
		t.Errorf("got %v", err)
	}
}
