package timestamp_test

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/contours/signature/timestamp"
)

// Stamping a signature, beside the path of documents: the message comes back as CAdES-T.
func ExampleFetch() {
	stamp := func(ctx context.Context, cms []byte) ([]byte, error) {
		client := &http.Client{Timeout: 10 * time.Second}
		hash := signature.Std().Hashes()[0]
		return signature.AddStamps(cms, func(value []byte) ([]byte, error) {
			asked := timestamp.NewRequest(signature.ContentOf(value).Digest(hash), hash.OID, timestamp.NewNonce(), nil)
			return timestamp.Fetch(ctx, client, "http://tsa.example.org/", asked)
		})
	}
	_, err := stamp(context.Background(), []byte("not a signature"))
	fmt.Println(err)
	// Output: add time stamps: SIG-24 cms: neither DER nor base64
}
