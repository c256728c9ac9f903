package api_test

import (
	"net/http"
	"testing"

	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

func TestAClerkIsAnsweredWithTheNumberThatWasGiven(t *testing.T) {
	s := start(t, brokertest.Options{})
	for _, want := range []int64{1, 2} {
		waiting, _ := s.pending()
		card := read[openapi.CardView](t, s.post("sub-a1", "/cards/"+waiting.ID+"/decide", `{"code":0,"clerk":"novik"}`).want(t, http.StatusOK))
		if card.Number.Number == "" || card.Seq != want {
			t.Errorf("number %q, seq %d, want %d", card.Number.Number, card.Seq, want)
		}
	}
}
