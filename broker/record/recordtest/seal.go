package recordtest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

var sealPromises = []promise{
	{"leaf numbers are consecutive, in the order given, and given once", (*bed).leafNumbers},
	{"leaf numbers stay consecutive while packets come in", (*bed).leavesUnderLoad},
	{"a commit numbers its own receipts when all before them have numbers", (*bed).numberedAtOnce},
	{"leaf numbers stay consecutive, in the order of causes, while commits and a sealer number", (*bed).numberedUnderLoad},
	{"what does not exist is not numbered", (*bed).numberNothing},
	{"a second owner is refused until the lease ran out", (*bed).lease},
	{"Unsealed and Sealed find what a crash left", (*bed).afterCrash},
	{"the head that went back stops every transaction", (*bed).wentBack},
}

func (b *bed) leafNumbers() {
	_, one := b.admitted("snd", "rcv")
	_, two := b.admitted("snd", "rcv")
	given := []*record.Receipt{two[1], one[0], two[0]}
	leaves := b.seal(given...) // Number knows places; the bytes are with who gave the seqs
	want := []record.Leaf{{No: 0, Seq: two[1].Seq, Bytes: two[1].Bytes}, {No: 1, Seq: one[0].Seq, Bytes: one[0].Bytes}, {No: 2, Seq: two[0].Seq, Bytes: two[0].Bytes}}
	b.same("leaves", leaves, places(want))

	last := record.Leaf{No: 3, Seq: one[1].Seq, Bytes: one[1].Bytes}
	h, leaves, err := b.r.Number(b.Context(), "sealer", time.Hour, []int64{one[1].Seq, two[0].Seq, two[1].Seq}, 0)
	b.must(err)
	b.same("leaves, some of them given before", leaves, places([]record.Leaf{want[0], want[2], last}))
	if h.Leaves != 4 {
		b.Errorf("the head has %d leaves", h.Leaves)
	}
	all, err := b.r.Leaves(b.Context(), 0, 10)
	b.must(err)
	b.same("Leaves", all, append(want, last))
	some, err := b.r.Leaves(b.Context(), 1, 2)
	b.must(err)
	b.same("Leaves from 1, at most 2", some, want[1:3])
	read, err := b.r.Head(b.Context())
	b.must(err)
	b.same("Head", read, h)
	b.same("head that a stage sees", b.state(record.Reads{}).Head, h)
}

// places are the leaves without what stands there.
func places(leaves []record.Leaf) []record.Leaf {
	out := slices.Clone(leaves)
	for i := range out {
		out[i].Bytes = nil
	}
	return out
}

func (b *bed) leavesUnderLoad() {
	const writers, packets = 4, 12
	made := make(chan *record.Receipt, writers*packets*2)
	go func() {
		defer close(made)
		together(writers, func(int) {
			for range packets {
				p := b.packet("snd")
				r := []*record.Receipt{receipt(p, "rcv", document.Accept, "a"), receipt(p, "rcv", document.Forward, "a")}
				err := b.r.Update(b.Context(), record.Reads{}, func(*record.State) (*record.Writes, error) {
					return &record.Writes{NewPackets: []*record.Packet{p}, Receipts: r}, nil
				})
				if err != nil {
					b.Error(err)
					return
				}
				made <- r[0]
				made <- r[1]
			}
		})
	}()
	var given []int64
	for r := range made {
		given = append(given, r.Seq)
		_, leaves, err := b.r.Number(b.Context(), "sealer", time.Hour, []int64{r.Seq}, 0)
		b.must(err)
		if len(leaves) != 1 || leaves[0].No != int64(len(given)-1) {
			b.Fatalf("numbered %+v after %d others", leaves, len(given)-1)
		}
	}
	all, err := b.r.Leaves(b.Context(), 0, 1000)
	b.must(err)
	var got []int64
	for _, l := range all {
		got = append(got, l.Seq)
	}
	b.same("order of leaves", got, given)
}

// numbering commits two receipts of a new packet, numbered in the same commit if that can be.
func (b *bed) numbering(sender document.ContourCode) (*record.Packet, []*record.Receipt) {
	b.Helper()
	p := b.packet(sender)
	r := []*record.Receipt{receipt(p, "rcv", document.Accept, "a"), receipt(p, "rcv", document.Forward, "a")}
	b.write(&record.Writes{NewPackets: []*record.Packet{p}, Receipts: r, Number: true})
	return p, r
}

func (b *bed) numberedAtOnce() {
	p, one := b.numbering("snd")
	_, two := b.numbering("snd")
	again := receipt(p, "rcv", document.Accept, "a")
	third := receipt(p, "rcv", document.Deliver, "b")
	b.write(&record.Writes{Receipts: []*record.Receipt{again, third, receipt(p, "rcv", document.Deliver, "b")}, Number: true})
	if again.Seq != 0 || again.Leaf != -1 {
		b.Errorf("a receipt that was there came back with seq %d and leaf %d", again.Seq, again.Leaf)
	}
	all := []*record.Receipt{one[0], one[1], two[0], two[1], third}
	b.numberedInOrder(all)
	mark, err := b.r.Sealed(b.Context())
	b.must(err)
	if mark < third.Seq {
		b.Errorf("Sealed is %d, want %d at least", mark, third.Seq)
	}
	b.unsealed(nil, 10)
	if h := b.state(record.Reads{}).Head; h.Leaves != 5 {
		b.Errorf("the head has %d leaves", h.Leaves)
	}

	_, behind := b.admitted("snd", "rcv") // asks for no number
	if behind[0].Leaf != -1 || behind[1].Leaf != -1 {
		b.Errorf("a commit that did not ask numbered: %d, %d", behind[0].Leaf, behind[1].Leaf)
	}
	_, after := b.numbering("snd")
	all = append(all, behind[0], behind[1], after[0], after[1])
	if after[0].Leaf < 0 {
		b.unsealed(nil, 10, all[5:]...)
	}
	b.seal(all[5:]...) // those that were left, or have their numbers and keep them
	_, last := b.numbering("snd")
	b.numberedInOrder(append(all, last...))
}

// numberedInOrder demands that these are all leaves, in this order, and that receipts which came back with a leaf
// have it.
func (b *bed) numberedInOrder(want []*record.Receipt) {
	b.Helper()
	leaves, err := b.r.Leaves(b.Context(), 0, 1000)
	b.must(err)
	var expected []record.Leaf
	for i, r := range want {
		expected = append(expected, record.Leaf{No: int64(i), Seq: r.Seq, Bytes: r.Bytes})
		if r.Leaf != -1 && r.Leaf != int64(i) {
			b.Errorf("receipt %d of %d came back with leaf %d", i, len(want), r.Leaf)
		}
	}
	if last := want[len(want)-1]; last.Leaf == -1 {
		b.Error("the last commit did not number, though all before it have numbers")
	}
	b.same("leaves", leaves, expected)
}

func (b *bed) numberedUnderLoad() {
	const writers, packets = 4, 25
	made := make(chan *record.Receipt, 2*writers*packets)
	own := make([][]*record.Receipt, writers)
	go func() {
		defer close(made)
		together(writers, func(i int) {
			for range packets {
				_, r := b.numbering("snd")
				own[i] = append(own[i], r...)
				if r[0].Leaf == -1 {
					made <- r[0]
					made <- r[1]
				}
			}
		})
	}()
	byHand := 0
	for r := range made {
		_, _, err := b.r.Number(b.Context(), "sealer", time.Hour, []int64{r.Seq}, 0)
		b.must(err)
		byHand++
	}
	leaves, err := b.r.Leaves(b.Context(), 0, 1000)
	b.must(err)
	no := map[int64]int64{}
	for i, l := range leaves {
		if l.No != int64(i) {
			b.Fatalf("leaf %d follows %d others", l.No, i)
		}
		no[l.Seq] = l.No
	}
	if len(no) != 2*writers*packets {
		b.Errorf("%d receipts have leaves, want %d", len(no), 2*writers*packets)
	}
	for _, receipts := range own {
		for i, r := range receipts {
			if r.Leaf != -1 && r.Leaf != no[r.Seq] {
				b.Errorf("seq %d came back with leaf %d and has %d", r.Seq, r.Leaf, no[r.Seq])
			}
			if i > 0 && no[r.Seq] < no[receipts[i-1].Seq] {
				b.Errorf("seq %d has leaf %d, and seq %d before it %d", r.Seq, no[r.Seq], receipts[i-1].Seq, no[receipts[i-1].Seq])
			}
		}
	}
	b.Logf("%d of %d receipts were numbered by the sealer", byHand, 2*writers*packets)
}

func (b *bed) numberNothing() {
	_, r := b.admitted("snd", "rcv")
	_, _, err := b.r.Number(b.Context(), "sealer", time.Hour, []int64{r[0].Seq, r[1].Seq + 1000}, 0)
	if err == nil {
		b.Error("a seq without a receipt was numbered")
	}
	leaves, err := b.r.Leaves(b.Context(), 0, 10)
	b.must(err)
	h, err := b.r.Head(b.Context())
	b.must(err)
	if len(leaves) != 0 || h.Leaves != 0 {
		b.Errorf("%d leaves, the head has %d: a part of a refused numbering stays", len(leaves), h.Leaves)
	}
}

func (b *bed) lease() {
	_, r := b.admitted("snd", "rcv")
	const lease = 300 * time.Millisecond
	ctx, cancel := context.WithTimeout(b.Context(), 20*time.Second)
	defer cancel()
	number := func(owner string, lease time.Duration, seqs ...int64) error {
		_, _, err := b.r.Number(ctx, owner, lease, seqs, 0)
		return err
	}
	b.must(number("first", time.Hour, r[0].Seq))
	if err := number("second", time.Hour, r[1].Seq); !errors.Is(err, record.ErrNotSealer) {
		b.Fatalf("a second owner within the lease: %v, want ErrNotSealer", err)
	}
	before := time.Now()
	b.must(number("first", lease)) // renewed, and shortened
	for again := time.NewTicker(20 * time.Millisecond); ; {
		err := number("second", time.Hour, r[1].Seq)
		if err == nil {
			again.Stop()
			break
		}
		if !errors.Is(err, record.ErrNotSealer) {
			b.Fatal(err)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			b.Fatal("the lease never ran out")
		}
	}
	if waited := time.Since(before); waited < lease*9/10 {
		b.Errorf("a second owner took over after %s of a lease of %s", waited, lease)
	}
	if err := number("first", time.Hour); !errors.Is(err, record.ErrNotSealer) {
		b.Errorf("the first owner after it lost the lease: %v, want ErrNotSealer", err)
	}
}

func (b *bed) afterCrash() {
	_, one := b.admitted("snd", "rcv")
	_, two := b.admitted("snd", "rcv")
	_, three := b.admitted("snd", "rcv")
	b.seal(one[0], one[1], two[1])
	b.unsealed(nil, 10, two[0], three[0], three[1])
	b.unsealed(nil, 2, two[0], three[0])
	b.unsealed([]int64{one[0].Seq, three[1].Seq, two[0].Seq, three[1].Seq + 50}, 10, two[0], three[1])

	_, _, err := b.r.Number(b.Context(), "sealer", time.Hour, nil, one[1].Seq)
	b.must(err)
	_, _, err = b.r.Number(b.Context(), "sealer", time.Hour, nil, 0) // the mark does not go back
	b.must(err)
	mark, err := b.r.Sealed(b.Context())
	b.must(err)
	if mark != one[1].Seq {
		b.Errorf("Sealed is %d, want %d", mark, one[1].Seq)
	}
	b.unsealed(nil, 10, two[0], three[0], three[1])
	horizon, err := b.r.Horizon(b.Context())
	b.must(err)
	if horizon < three[1].Seq {
		b.Errorf("Horizon is %d while nothing is under way, and %d is committed", horizon, three[1].Seq)
	}
	_, late := b.admitted("snd", "rcv")
	if late[0].Seq <= horizon {
		b.Errorf("seq %d was given at or below the horizon %d", late[0].Seq, horizon)
	}
}

func (b *bed) unsealed(seqs []int64, limit int, want ...*record.Receipt) {
	b.Helper()
	got, err := b.r.Unsealed(b.Context(), seqs, limit)
	b.must(err)
	var expected []record.Unsealed
	for _, r := range want {
		expected = append(expected, record.Unsealed{Seq: r.Seq, Bytes: r.Bytes})
	}
	b.same("Unsealed", got, expected)
}

func (b *bed) wentBack() {
	back, ok := b.r.(Reverser)
	if !ok {
		b.Fatalf("%T is no Reverser: whether it notices a restored backup cannot be tested", b.r)
	}
	p, r := b.admitted("snd", "rcv")
	b.seal(r...)
	back.SetBack(b, 1)
	ctx := b.Context()
	_, headErr := b.r.Head(ctx)
	_, _, numberErr := b.r.Number(ctx, "sealer", time.Hour, nil, 0)
	asked := false
	updateErr := b.r.Update(ctx, record.Reads{Packets: []document.PacketID{p.ID}}, func(*record.State) (*record.Writes, error) {
		asked = true
		return &record.Writes{NewDead: []*record.Dead{{Key: record.NewKey(), Stage: "admit"}}}, nil
	})
	for what, err := range map[string]error{"Head": headErr, "Number": numberErr, "Update": updateErr} {
		if !errors.Is(err, record.ErrWentBack) {
			b.Errorf("%s after the head went back: %v, want ErrWentBack", what, err)
		}
	}
	if asked {
		b.Error("decide was asked on a record that went back")
	}
	back.SetBack(b, 2)
	dead, err := b.r.DeadLetters(ctx, "admit", record.Key{}, 10)
	b.must(err)
	if len(dead) != 0 {
		b.Error("an Update was committed on a record that went back")
	}
	if !slices.ContainsFunc(b.seal(r...), func(l record.Leaf) bool { return l.No == 1 }) {
		b.Error("the record does not go on when the head is where it was")
	}
}
