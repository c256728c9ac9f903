package broker

import (
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/smdo-hub/smdo-hub/schemas/asyncapi"
	smdov1 "github.com/smdo-hub/smdo-hub/schemas/proto/smdo/v1"
)

func TestTheAsyncAPIDocumentSaysWhatAContourMayDoAndNothingElse(t *testing.T) {
	var doc struct {
		Info       struct{ Description string }
		Channels   map[string]struct{ Address string }
		Operations map[string]struct {
			Action  string
			Channel struct {
				Ref string `yaml:"$ref"`
			}
		}
		Components struct {
			Messages map[string]struct{ Name string }
		}
	}
	if err := yaml.Unmarshal(asyncapi.Document(), &doc); err != nil {
		t.Fatal(err)
	}
	var send, receive []string
	for _, o := range doc.Operations {
		channel := doc.Channels[strings.TrimPrefix(o.Channel.Ref, "#/channels/")]
		address := strings.ReplaceAll(channel.Address, "{contour}", "head-a")
		if o.Action == "send" {
			send = append(send, address)
		} else {
			receive = append(receive, address)
		}
	}
	receive = append(receive, strings.ReplaceAll(doc.Channels["inbox"].Address, "{contour}", "head-a"))
	p := permissionsOf("head-a")
	for _, c := range []struct {
		what      string
		doc, code []string
	}{{"publish", send, p.Pub.Allow}, {"subscribe", receive, p.Sub.Allow}} {
		slices.Sort(c.doc)
		code := slices.Sorted(slices.Values(c.code))
		if !slices.Equal(c.doc, code) {
			t.Errorf("%s: the document says %v, the code allows %v", c.what, c.doc, code)
		}
	}
	known := smdov1.File_smdo_v1_packet_proto.Package()
	for _, m := range doc.Components.Messages {
		if m.Name != "nudge" && !strings.HasPrefix(m.Name, string(known)+".") {
			t.Errorf("message %s is not one of %s", m.Name, known)
		}
	}
	if !strings.Contains(doc.Info.Description, "A PubAck is not custody") {
		t.Error("the document does not say that a PubAck is not custody")
	}
}
