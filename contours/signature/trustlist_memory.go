package signature

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
)

// seenList is the newest list of a scheme that was ever held.
type seenList struct {
	Sequence uint64 `json:"sequence"`
	SHA256   string `json:"sha256"`
}

// listMemory holds what was seen of each list, by scheme, in one domain of trust.
type listMemory map[string]seenList

// readMemory reads the file of a memory; one that is not there yet is an empty memory.
func readMemory(path string) (listMemory, error) {
	memory := make(listMemory)
	if path == "" {
		return memory, nil
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return memory, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &memory)
	}
	if err != nil {
		return nil, fmt.Errorf("memory of trusted lists: %w", err)
	}
	return memory, nil
}

// take returns the memory with lists that are not older than it says. The error is ErrOlderList.
func (m listMemory) take(lists []*HeldList) (listMemory, error) {
	next := maps.Clone(m)
	for _, l := range lists {
		now := seenList{l.Sequence, hex.EncodeToString(l.SHA256)}
		held, seen := m[l.Scheme]
		if seen && (now.Sequence < held.Sequence || now.Sequence == held.Sequence && now.SHA256 != held.SHA256) {
			return nil, fmt.Errorf("%w: %s has the number %d, held was %d", ErrOlderList, l.File, l.Sequence, held.Sequence)
		}
		next[l.Scheme] = now
	}
	return next, nil
}

// write keeps the memory in its file, where there is one to be written.
func (m listMemory) write(lists Lists) error {
	if lists.Memory == "" || lists.ReadOnly {
		return nil
	}
	data, err := json.Marshal(m)
	if err == nil {
		err = writeWhole(lists.Memory, data, true)
	}
	if err != nil {
		return fmt.Errorf("memory of trusted lists: %w", err)
	}
	return nil
}
