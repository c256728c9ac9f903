package contours_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// region writes a file of n contours, each with four pairs.
func region(n int) []byte {
	var s strings.Builder
	s.WriteString("edition: smdo-contours/1\nkinds: [Письмо, Приказ]\norganisations:\n")
	for i := range n {
		fmt.Fprintf(&s, "  - {code: o%d, name: {ru: Организация}, agreement: {number: %q, date: 2026-01-12}}\n", i, fmt.Sprint(i))
	}
	s.WriteString("contours:\n")
	for i := range n {
		fmt.Fprintf(&s, "  - code: c%d\n    organisation: o%d\n    title: {ru: Контур}\n    delivery: mailbox\n", i, i)
		s.WriteString("    participants: [{code: petrov, name: Петров, rights: [send, execute]}, {code: ivanov, name: Иванов}]\n")
	}
	s.WriteString("trust:\n")
	for i := range n {
		for k := range 4 {
			fmt.Fprintf(&s, "  - from: c%d\n    to: c%d\n    kinds: [Письмо]\n    valid_from: 2026-01-01\n    valid_until: 2030-12-31\n    max_size: 20MiB\n", i, (i+1+k)%n)
		}
	}
	return []byte(s.String())
}

func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		b.Run(fmt.Sprintf("contours=%d", n), func(b *testing.B) {
			book := compile(b, region(n))
			r := contours.Request{
				From: "c3", To: "c5", Author: "petrov", Packet: document.Main, Kind: "Письмо", Size: 1 << 20, At: noon(),
				Tasks: []contours.TaskRequest{{Kind: document.Sign, SMDO: true, Executors: []contours.ExecutorRequest{{0, "petrov"}, {1, "ivanov"}}}},
			}
			if d := book.Decide(r); !d.Allowed {
				b.Fatal(d.Faults)
			}
			b.ReportAllocs()
			for b.Loop() {
				book.Decide(r)
			}
		})
	}
}

func BenchmarkDecideWithPolicies(b *testing.B) {
	book := compile(b, []byte(with("restricted: true")+weekend))
	r := letter()
	b.ReportAllocs()
	for b.Loop() {
		if d := book.Decide(r); !d.Allowed {
			b.Fatal(d.Faults)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	file := region(1000)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, problems := contours.Parse(file); problems != nil {
			b.Fatal(problems)
		}
	}
}
