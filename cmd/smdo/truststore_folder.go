package main

import (
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/contours/signature/tsl"
)

// trustFolders are the folders of a configuration, with what reads the trusted lists in them.
func trustFolders(c Config, families []signature.Family) (all []signature.Folder, err error) {
	for _, f := range c.Trust.Folders {
		folder := signature.Folder{Domain: f.Domain, Path: f.Path}
		if len(f.ListSigners) > 0 {
			if folder.Lists, err = listsBy(f.ListSigners, f.rule(), families); err != nil {
				return nil, fmt.Errorf("trust domain %s: %w", f.Domain, err)
			}
			folder.Lists.Memory = filepath.Join(c.Data, fmt.Sprintf("lists-%.8x.json", sha256.Sum256([]byte(f.Domain))))
		}
		all = append(all, folder)
	}
	return all, nil
}

// listsBy reads lists that were signed by the owners of certificates in files.
func listsBy(files []string, stale signature.RevocationRule, families []signature.Family) (signature.Lists, error) {
	lists := signature.Lists{Read: tsl.Reader(families...), Stale: stale}
	for _, name := range files {
		certificates, err := readBundle(name)
		if err != nil {
			return lists, err
		}
		lists.Signers = append(lists.Signers, certificates...)
	}
	return lists, nil
}

func readBundle(name string) ([]*x509.Certificate, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	certificates, err := signature.ParseBundle(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return certificates, nil
}

// examiningOnly are folders that are read without leaving a trace in the memory of their lists.
func examiningOnly(folders []signature.Folder) []signature.Folder {
	folders = slices.Clone(folders)
	for i := range folders {
		folders[i].Lists.ReadOnly = true
	}
	return folders
}

// configuredFolders are the folders of a configuration, of one domain where it is named, and the families allowed there.
func configuredFolders(c Config, domain string) ([]signature.Folder, []signature.Family, error) {
	families, err := familiesOf(c.Trust.Families)
	if err != nil {
		return nil, nil, err
	}
	folders, err := trustFolders(c, families)
	if err != nil || domain == "" {
		return folders, families, err
	}
	one, err := folderOf(folders, domain)
	return []signature.Folder{one}, families, err
}

// folderOf is the folder of a domain; of the only one when no domain is named.
func folderOf(folders []signature.Folder, domain string) (signature.Folder, error) {
	if domain == "" && len(folders) == 1 {
		return folders[0], nil
	}
	var names []string
	for _, f := range folders {
		if f.Domain == domain {
			return f, nil
		}
		names = append(names, f.Domain)
	}
	return signature.Folder{}, fmt.Errorf("--domain %q: want one of %q", domain, names)
}

// writePublic makes a file appear as a whole, readable for all: the hub may run as another user. One of the same name is
// replaced.
func writePublic(dir, name string, data []byte) error {
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	for _, step := range []func() error{func() error { return f.Chmod(0o644) }, f.Sync} {
		if err == nil {
			err = step()
		}
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		return err
	}
	d, err := os.Open(dir) // the name is not there for good before its folder is
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
