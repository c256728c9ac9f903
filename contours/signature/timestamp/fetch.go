package timestamp

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
)

// Fetch asks the authority at url for a stamp (RFC 3161, 3.4) and returns the token that answers the request; errors
// are those of Accept, and of the network. The client's timeout and ctx bound the wait: no verification calls this.
func Fetch(ctx context.Context, client *http.Client, url string, request Request) (token []byte, err error) {
	query, err := request.Marshal()
	if err != nil {
		return nil, err
	}
	response, err := post(ctx, client, url, query)
	if err != nil {
		return nil, fmt.Errorf("fetch time stamp: %w", err)
	}
	return request.Accept(response)
}

func post(ctx context.Context, client *http.Client, url string, query []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(query))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/timestamp-query")
	r.Header.Set("Accept", "application/timestamp-reply")
	answer, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", url, answer.Status)
	}
	kind := answer.Header.Get("Content-Type")
	if media, _, err := mime.ParseMediaType(kind); err != nil || media != "application/timestamp-reply" {
		return nil, fmt.Errorf("%s answers with %q, not a time stamp", url, kind)
	}
	response, err := io.ReadAll(io.LimitReader(answer.Body, maxResponse+1)) // one too many, for ParseResponse to see
	if err != nil {
		return nil, fmt.Errorf("read the answer of %s: %w", url, err)
	}
	return response, nil
}
