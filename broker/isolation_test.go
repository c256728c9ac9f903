package broker_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	smdov1 "github.com/smdo-hub/smdo-hub/schemas/proto/smdo/v1"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// violations collects what the server forbids a connection.
type violations struct {
	mu   sync.Mutex
	said []string
	more chan struct{}
}

func (v *violations) option() nats.Option {
	v.more = make(chan struct{}, 1)
	return nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
		v.mu.Lock()
		v.said = append(v.said, err.Error())
		v.mu.Unlock()
		select {
		case v.more <- struct{}{}:
		default:
		}
	})
}

// await waits until the server has forbidden what is wanted.
func (v *violations) await(t *testing.T, what, subject string) {
	t.Helper()
	want := fmt.Sprintf("%s to %q", what, subject)
	for ctx := bounded(t); ; {
		v.mu.Lock()
		found := slices.ContainsFunc(v.said, func(s string) bool { return strings.Contains(strings.ToLower(s), strings.ToLower(want)) })
		v.mu.Unlock()
		if found {
			return
		}
		select {
		case <-v.more:
		case <-ctx.Done():
			t.Errorf("%s %s is not forbidden: %v", what, subject, v.said)
			return
		}
	}
}

// streams is how many messages were ever stored in each stream.
func streams(t *testing.T, e *brokertest.Env) map[string]uint64 {
	t.Helper()
	js, err := jetstream.New(e.Conn)
	if err != nil {
		t.Fatal(err)
	}
	last := map[string]uint64{}
	for _, name := range []string{broker.Submissions, broker.Deliveries, broker.Receipts, broker.Dead} {
		s, err := js.Stream(bounded(t), name)
		if err != nil {
			t.Fatal(err)
		}
		last[name] = s.CachedInfo().State.LastSeq
	}
	return last
}

func TestAContourCanDoNothingOnTheBusButAskItsOwnDoors(t *testing.T) {
	t.Parallel()
	e := brokertest.Start(t, brokertest.Options{})
	var v violations
	nc := e.Connector("head-a", v.option())
	p := signing(e)
	if got := request(t, nc, p).GetStanding(); got != smdov1.Standing_STANDING_CUSTODY {
		t.Fatalf("its own door says %s", got)
	}
	registered(t, e, p, "sub-a1")
	replayed(t, e)
	before := streams(t, e)
	for _, subject := range []string{
		">", "_INBOX.>", "$JS.API.>", "$SYS.>", "smdo.>", "smdo.in.*", "smdo.in.*.*", "smdo.inbox.>", "smdo.inbox.head-b.>", "smdo.submit.*", "smdo.submit.head-a",
		"smdo.receipt.>", "smdo.receipt.head-a.*", "smdo.nudge.*", "smdo.nudge.head-b", "smdo.deliver.>", "smdo.dead.*", "smdo.seal", "smdo.sealed",
	} {
		if _, err := nc.SubscribeSync(subject); err != nil {
			t.Fatal(err)
		}
		v.await(t, "subscription", subject)
	}
	for _, subject := range []string{
		"smdo.in.head-a", "smdo.in.0.head-a", "smdo.deliver.sub-a1", "smdo.receipt.head-a.accepted", "smdo.dead.admit", "smdo.seal", "smdo.sealed", "smdo.nudge.head-a",
		"smdo.submit.head-b", "smdo.report.sub-a1", "smdo.mailbox.sub-a1", "smdo.inbox.head-b.x", "_INBOX.x", "$SYS.REQ.USER.AUTH",
		"$JS.API.INFO", "$JS.API.STREAM.INFO.SUBMISSIONS", "$JS.API.STREAM.DELETE.SUBMISSIONS", "$JS.API.STREAM.MSG.GET.SUBMISSIONS", "$JS.API.DIRECT.GET.RECEIPTS", "$JS.ACK.SUBMISSIONS.admit-00.1.1.1.1.0",
	} {
		if err := nc.Publish(subject, []byte("x")); err != nil {
			t.Fatal(err)
		}
		v.await(t, "publish", subject)
	}
	if after := streams(t, e); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("streams before %v, after %v", before, after)
	}
}

func TestAnAnswerGoesToNobodyButWhoAsked(t *testing.T) {
	t.Parallel()
	e := brokertest.Start(t, brokertest.Options{})
	nc, victim := e.Connector("head-a"), e.Connector("head-b")
	spy, err := victim.SubscribeSync("smdo.inbox.head-b.>")
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Flush(); err != nil {
		t.Fatal(err)
	}
	for _, reply := range []string{"smdo.inbox.head-b.planted", "smdo.in.head-b", "smdo.deliver.sub-a1", "smdo.submit.head-b", "smdo.inbox.head-a-b.x", "$JS.API.STREAM.PURGE.SUBMISSIONS"} {
		p := signing(e)
		if err := nc.PublishRequest("smdo.submit.head-a", reply, marshal(t, p)); err != nil {
			t.Fatal(err)
		}
		registered(t, e, p, "sub-a1") // the packet itself is its own
	}
	sound(t, e)
	if err := victim.Flush(); err != nil {
		t.Fatal(err)
	}
	if n, _, err := spy.Pending(); n != 0 || err != nil {
		t.Errorf("head-b got %d answers to questions that it did not ask (%v)", n, err)
	}
	if got := streams(t, e); got[broker.Submissions] != 6 || got[broker.Deliveries] != 6 {
		t.Errorf("streams %v: an answer went into one", got)
	}
}

func TestHeadersOfTheBusAreRefused(t *testing.T) {
	t.Parallel()
	e := brokertest.Start(t, brokertest.Options{})
	nc := e.Connector("head-a")
	for _, name := range []string{"Nats-Msg-Id", "nats-expected-stream", "Nats-Rollup", "Nats-TTL", "Smdo-Card", "smdo-card"} {
		p := signing(e)
		m := &nats.Msg{Subject: "smdo.submit.head-a", Data: marshal(t, p), Header: nats.Header{name: {"all"}}}
		answer, err := nc.RequestMsgWithContext(bounded(t), m)
		if err != nil {
			t.Fatal(err)
		}
		var reply smdov1.SubmitReply
		if err := proto.Unmarshal(answer.Data, &reply); err != nil {
			t.Fatal(err)
		}
		if faults := wire.ReadFaults(reply.GetFaults()); reply.GetStanding() != smdov1.Standing_STANDING_REFUSED || !slices.Equal(codes(faults), []fc{document.PacketHeaders}) {
			t.Errorf("%s: %s, %v", name, reply.GetStanding(), faults)
		}
		if _, _, err := e.Record.Packet(bounded(t), p.ID); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("%s: the packet is in the record (%v)", name, err)
		}
	}
}

func TestAContourSpeaksOnTheBusForItselfOnly(t *testing.T) {
	t.Parallel()
	e := brokertest.Start(t, brokertest.Options{Rules: testRules()})
	p := inform(e)
	accepted(t, e, p)
	other := e.Connector("head-b")
	mine := signing(e) // of head-a
	answer, err := other.RequestWithContext(bounded(t), "smdo.submit.head-b", marshal(t, mine))
	if err != nil {
		t.Fatal(err)
	}
	var reply smdov1.SubmitReply
	if err := proto.Unmarshal(answer.Data, &reply); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(codes(wire.ReadFaults(reply.GetFaults())), []fc{document.PacketSender}) {
		t.Errorf("head-b speaks for head-a: %v", &reply)
	}
	body, err := wire.MarshalReport(says("r-1", p, document.Register, document.CodeRefused))
	if err != nil {
		t.Fatal(err)
	}
	if answer, err = other.RequestWithContext(bounded(t), "smdo.report.head-b", body); err != nil {
		t.Fatal(err)
	}
	var told smdov1.ReportReply
	if err := proto.Unmarshal(answer.Data, &told); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(codes(wire.ReadFaults(told.GetFaults())), []fc{document.PacketUnknown}) {
		t.Errorf("head-b refuses a packet that was sent to sub-a2: %v", &told)
	}
	request, err := proto.Marshal(&smdov1.MailboxRequest{Limit: 10, Confirm: []*smdov1.PacketId{{Sender: "head-a", MsgId: string(p.ID.MsgID)}}})
	if err != nil {
		t.Fatal(err)
	}
	if answer, err = other.RequestWithContext(bounded(t), "smdo.mailbox.head-b", request); err != nil {
		t.Fatal(err)
	}
	var box smdov1.MailboxReply
	if err := proto.Unmarshal(answer.Data, &box); err != nil {
		t.Fatal(err)
	}
	if len(box.GetItems())+len(box.GetConfirmed()) > 0 {
		t.Errorf("head-b sees the mailbox of sub-a2: %v", &box)
	}
	await(t, e, p.ID, "sub-a2", inState(document.Forwarded))
}

func TestWithoutItsKeyNobodyConnects(t *testing.T) {
	t.Parallel()
	e := brokertest.Start(t, brokertest.Options{})
	e.Connector("head-a") // keys are answered for
	key := e.Key("head-a")
	auditor, row := broker.NewKey("head-a", record.RoleAuditor, "test", time.Now(), time.Time{})
	expired, old := broker.NewKey("head-a", record.RoleContour, "test", time.Now(), time.Now().Add(-time.Minute))
	for _, k := range []record.APIKey{row, old} {
		if err := e.Record.AddKey(bounded(t), k); err != nil {
			t.Fatal(err)
		}
	}
	for what, o := range map[string]nats.Option{
		"nothing":                 nil,
		"a wrong key":             nats.UserInfo("head-a", key[:len(key)-1]+"_"),
		"another contour's name":  nats.UserInfo("head-b", key),
		"the hub's name":          nats.UserInfo("hub", key),
		"an auditor's key":        nats.UserInfo("head-a", auditor),
		"a key that has expired":  nats.UserInfo("head-a", expired),
		"a key that is not a key": nats.UserInfo("head-a", strings.Repeat("x", 1000)),
	} {
		var all []nats.Option
		if o != nil {
			all = append(all, o)
		}
		nc, err := nats.Connect(e.Server.URL(), all...)
		if err == nil {
			nc.Close()
			t.Errorf("with %s somebody connects", what)
		}
	}
	nc, err := nats.Connect(e.Server.URL(), nats.UserInfo("head-a", key), nats.Timeout(10*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	nc.Close()
}
