package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"time"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/adapters/folder"
	"github.com/smdo-hub/smdo-hub/adapters/gost53898"
	"github.com/smdo-hub/smdo-hub/adapters/medo"
	"github.com/smdo-hub/smdo-hub/contours"
)

// files takes and gives the files of packets, for adapters.
func (h *hub) files() adapters.Files {
	return adapters.Files{Hub: h.Hub, Blobs: h.blobs, Verifier: h.verifier}
}

func (h *hub) gost() *gost53898.Translator {
	return &gost53898.Translator{Files: h.files(), Record: h.record, Clock: h.Clock}
}

// runFolders exchanges messages through folders: the list of the protocols that do so.
func (h *hub) runFolders(ctx context.Context) error {
	c := h.config.Folders
	if err := os.MkdirAll(c.Dir, 0o770); err != nil {
		return fmt.Errorf("folders: %w", err)
	}
	root, err := os.OpenRoot(c.Dir)
	if err != nil {
		return fmt.Errorf("folders: %w", err)
	}
	defer root.Close()
	gateway := &folder.Gateway{
		Hub: h.Hub, Record: h.record, Root: root, Clock: h.Clock, Log: h.log,
		Every: cmp.Or(time.Duration(c.Every), 2*time.Second), Settle: cmp.Or(time.Duration(c.Settle), 2*time.Second),
		Translators: map[contours.Protocol]folder.Translator{
			contours.ProtocolGOST: h.gost(),
			contours.ProtocolMEDO: &medo.Translator{Files: h.files(), Record: h.record, Clock: h.Clock},
		},
	}
	return gateway.Run(ctx)
}
