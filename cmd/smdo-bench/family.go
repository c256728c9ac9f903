package main

import (
	"fmt"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// family is a signature family with the algorithm that files are signed by in it.
type family struct {
	signature.Family
	algorithm signature.Algorithm
}

func familyOf(name string) (family, error) {
	for _, f := range []family{{signature.Std(), signature.ECDSAP256}, {signature.GOST(), signature.GOST2012256}, {signature.STB(), signature.BIGN256}} {
		if f.Name() == name {
			return f, nil
		}
	}
	return family{}, fmt.Errorf("no signature family is called %q: std, gost or stb", name)
}
