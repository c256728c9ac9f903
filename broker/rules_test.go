package broker_test

import (
	"bytes"

	"github.com/smdo-hub/smdo-hub/contours"
)

// with replaces a line of the rules.
func with(rules []byte, old, by string) []byte {
	if bytes.Count(rules, []byte("\n"+old+"\n")) != 1 {
		panic("the rules do not have this line once: " + old)
	}
	return bytes.Replace(rules, []byte("\n"+old+"\n"), []byte("\n"+by+"\n"), 1)
}

// testRules are the example's with what its peace does not show: sub-a2 has a system of its own that pulls from a
// mailbox, sub-b2 belongs to an organisation whose access is suspended, and head-a may send to both.
func testRules() []byte {
	r := contours.Example()
	r = with(r, "    title: {ru: Центр оценки, en: Valuation Centre}\n    delivery: hosted", "    title: {ru: Центр оценки, en: Valuation Centre}\n    delivery: mailbox")
	r = with(r, "    name: {ru: Краеведческий музей Заозёрья, en: Local History Museum of Zaozyorye}", "    name: {ru: Краеведческий музей Заозёрья, en: Local History Museum of Zaozyorye}\n    state: suspended")
	return with(r, "trust:", "trust:\n  - {from: head-a, to: sub-b2, signatures: {emulator: allow}}\n  - {from: sub-b2, to: head-a, signatures: {emulator: allow}}")
}
