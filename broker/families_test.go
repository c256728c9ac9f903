package broker_test

import (
	"bytes"
	"testing"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// A file is verified in whichever allowed family it was signed, inside the packet or uploaded before: the record keeps
// every digest that was taken while it streamed in (D9).
func TestFilesAreVerifiedInEveryFamily(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		e := brokertest.Start(t, brokertest.Options{Open: open, Families: []signature.Family{signature.Std(), signature.GOST(), signature.STB()}})
		for _, algorithm := range []signature.Algorithm{signature.ECDSAP384, signature.GOST2012256, signature.GOST2012512, signature.BIGN256} {
			content := bytes.Repeat([]byte(algorithm+"\r\n"), 100)
			signed := e.SignWith("petrov", content, signature.SignerOptions{Algorithm: algorithm})
			inside := signing(e)
			inside.Document.Files[0] = e.File("Письмо.pdf", content, "petrov")
			inside.Document.Files[0].Signatures = []document.Signature{signed}
			accepted(t, e, inside)

			if err := entered(t, e, stored(t, e, content), content); err != nil {
				t.Fatal(err)
			}
			uploaded := outside(e, content)
			uploaded.Document.Files[0].Signatures = []document.Signature{signed}
			accepted(t, e, uploaded)

			altered := signing(e)
			altered.Document.Files[0] = e.File("Письмо.pdf", content[1:], "petrov")
			altered.Document.Files[0].Signatures = []document.Signature{signed}
			refusedFor(t, e, altered, document.FaultCode(signature.SignatureInvalid))
		}
	})
}

func TestAFamilyThatIsNotAllowedIsRefused(t *testing.T) {
	e := brokertest.Start(t, brokertest.Options{Families: []signature.Family{signature.Std()}})
	p := signing(e)
	f := &p.Document.Files[0]
	f.Signatures = []document.Signature{e.SignWith("petrov", f.Inline, signature.SignerOptions{Algorithm: signature.BIGN256})}
	refusedFor(t, e, p, document.FaultCode(signature.AlgorithmRefused))
}

// refusedFor hands the packet over and demands that it is rejected for this fault alone.
func refusedFor(t *testing.T, e *brokertest.Env, p *document.Packet, code document.FaultCode) {
	t.Helper()
	o := submit(t, e, p)
	if o.Standing == broker.Custody || len(o.Faults) != 1 || o.Faults[0].Code != code {
		t.Errorf("standing %s, faults %v, want %s", o.Standing, o.Faults, code)
	}
}
