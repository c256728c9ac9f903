package wire_test

import (
	"errors"
	"fmt"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

func Example() {
	b, err := wire.MarshalPacket(&document.Packet{
		ID: document.PacketID{Sender: "OrgA", MsgID: "7701"}, Edition: document.Edition, Kind: document.Main,
	})
	if err != nil {
		panic(err)
	}
	p, err := wire.UnmarshalPacket(b)
	fmt.Println(p.ID, err)

	// A newer program sent a field that this one does not know: it is told so.
	_, err = wire.UnmarshalPacket(append(b, 0xf8, 0x01, 0x01))
	var fault *document.Fault
	if errors.As(err, &fault) {
		fmt.Println(fault.Text(document.English))
	}
	// Output:
	// OrgA:7701 <nil>
	// the packet cannot be parsed: unknown field 31
}
