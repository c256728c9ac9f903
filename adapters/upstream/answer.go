package upstream

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// watched tells that something moves, and remembers what failed.
type watched struct {
	io.Reader
	moved func()
	mu    sync.Mutex // the transport reads a body in a goroutine of its own
	err   error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	w.moved()
	if err != nil && err != io.EOF {
		w.mu.Lock()
		w.err = err
		w.mu.Unlock()
	}
	return n, err
}

func (w *watched) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// pauseOf reads Retry-After: seconds, or a date.
func pauseOf(text string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(text); err == nil {
		return min(max(time.Duration(min(n, 1<<20))*time.Second, 0), longestPause)
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), longestPause)
	}
	return 0
}

// errAnswer is an answer that is not what it should be.
var errAnswer = errors.New("the router's answer cannot be read")

// errLarge is an answer that is too large.
var errLarge = fmt.Errorf("%w: too large", errAnswer)

// into reads JSON.
func into(v any) func(io.Reader) error {
	return func(r io.Reader) error {
		text, err := whole(r, maxAnswer)
		if err != nil {
			return err
		}
		if json.Unmarshal(text, v) != nil {
			return errAnswer
		}
		return nil
	}
}

func whole(r io.Reader, limit int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = errLarge
	}
	return text, err
}

// nothing passes over an answer.
func nothing(r io.Reader) error {
	_, err := io.Copy(io.Discard, io.LimitReader(r, maxTold))
	return err
}

// text is a body that is there.
func text(b []byte) (func() (io.ReadCloser, error), int64) {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }, int64(len(b))
}
