package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// Config is everything that can be set. Durations are written as "30s", "15m", "72h"; secrets are paths to
// files. A field that is absent keeps its default.
type Config struct {
	Data   string       `yaml:"data" json:"data" doc:"directory of everything that is kept on this machine: embedded bus and record, files, ledger, keys"`
	Record RecordConfig `yaml:"record" json:"record"`
	Bus    BusConfig    `yaml:"bus" json:"bus"`
	Files  FilesConfig  `yaml:"files" json:"files"`
	HTTP   HTTPConfig   `yaml:"http" json:"http"`
	Trust  TrustConfig  `yaml:"trust" json:"trust"`

	Signers []SignerConfig `yaml:"signers" json:"signers"`
	Folders FoldersConfig  `yaml:"folders" json:"folders"`
	Mail    MailConfig     `yaml:"mail" json:"mail"`

	Upstream UpstreamConfig `yaml:"upstream" json:"upstream"`

	Limits LimitsConfig `yaml:"limits" json:"limits"`
	Timing TimingConfig `yaml:"timing" json:"timing"`
	Log    LogConfig    `yaml:"log" json:"log"`
	Memory int64        `yaml:"memory" json:"memory" doc:"the heap is collected harder near this size in bytes; 320 MiB, and 10 KiB more for each contour beyond a thousand, do well; 0: no limit"`
}

// RecordConfig says where the record is.
type RecordConfig struct {
	URL         string `yaml:"url" json:"url" doc:"postgres://… ; empty: SQLite in the data directory"`
	URLFile     string `yaml:"url_file" json:"url_file" doc:"a file that holds the URL, when it has a password"`
	Connections int    `yaml:"connections" json:"connections" doc:"connections to PostgreSQL at most; 0: 16"`
}

// BusConfig says where the bus is.
type BusConfig struct {
	URL         string `yaml:"url" json:"url" doc:"nats://… of an external cluster; empty: an embedded server"`
	Credentials string `yaml:"credentials" json:"credentials" doc:"credentials file of the hub's own user on an external cluster"`
	Issuer      string `yaml:"issuer" json:"issuer" doc:"seed file of the account key that an external cluster's auth_callout names; without it contours cannot connect to the bus"`
	Replicas    int    `yaml:"replicas" json:"replicas" doc:"replicas of each stream; 1, or 3 on a cluster of three"`
	Host        string `yaml:"host" json:"host" doc:"address that the embedded server listens on; 127.0.0.1"`
	Port        int    `yaml:"port" json:"port" doc:"port of the embedded server; 4222"`
	SyncAlways  bool   `yaml:"sync_always" json:"sync_always" doc:"sync every message of the embedded server; custody does not need it"`
	StoreBytes  int64  `yaml:"store_bytes" json:"store_bytes" doc:"size of the SUBMISSIONS stream in bytes; 8 GiB"`
	Share       int64  `yaml:"share" json:"share" doc:"messages of one contour on the bus at most; 100000"`
}

// FilesConfig says where files too large for a packet are kept.
type FilesConfig struct {
	Dir    string   `yaml:"dir" json:"dir" doc:"directory; <data>/blobs when neither this nor s3 is set"`
	S3     S3Config `yaml:"s3" json:"s3"`
	Grace  Duration `yaml:"grace" json:"grace" doc:"uploads that no packet adopted are removed after this; 24h"`
	Object bool     `yaml:"jetstream" json:"jetstream" doc:"keep files in the JetStream object store: by setting this you say that every server of the bus runs with sync_interval: always"`

	ObjectBytes int64 `yaml:"jetstream_bytes" json:"jetstream_bytes" doc:"size of the object store in bytes; needed with jetstream"`
}

// S3Config names an S3-compatible store.
type S3Config struct {
	Endpoint  string `yaml:"endpoint" json:"endpoint" doc:"host:port"`
	Bucket    string `yaml:"bucket" json:"bucket" doc:"a versioned bucket"`
	Prefix    string `yaml:"prefix" json:"prefix" doc:"of all keys"`
	AccessKey string `yaml:"access_key_file" json:"access_key_file" doc:"file that holds the access key"`
	SecretKey string `yaml:"secret_key_file" json:"secret_key_file" doc:"file that holds the secret key"`
	Plain     bool   `yaml:"plain" json:"plain" doc:"without TLS"`
}

// HTTPConfig says where programs reach the hub.
type HTTPConfig struct {
	Listen string `yaml:"listen" json:"listen" doc:"address and port of the API; 127.0.0.1:8080"`
	Cert   string `yaml:"tls_cert" json:"tls_cert" doc:"certificate chain file; empty: plain HTTP, for a proxy on the same machine"`
	Key    string `yaml:"tls_key" json:"tls_key" doc:"key file of the certificate"`
}

// TrustConfig says which signatures are believed.
type TrustConfig struct {
	Families []string      `yaml:"families" json:"families" doc:"families of signature algorithms that are allowed: std (RSA, ECDSA, Ed25519), gost, stb; all three"`
	Folders  []TrustFolder `yaml:"folders" json:"folders"`
	Emulator bool          `yaml:"emulator" json:"emulator" doc:"«Эмулятор ЭЦП» with its own marked root, for contours whose pair allows it; never in production"`

	Revocation RevocationConfig `yaml:"revocation" json:"revocation"`
}

// RevocationConfig says where lists of revoked certificates come from, and what the lack of one means.
type RevocationConfig struct {
	Folders   []string `yaml:"folders" json:"folders" doc:"folders of lists (CRL), PEM or DER; looked through every minute"`
	Addresses []string `yaml:"addresses" json:"addresses" doc:"distribution points, http or https; fetched beside the path and kept in the data directory"`
	Hosts     []string `yaml:"hosts" json:"hosts" doc:"hosts whose distribution points are used where a certificate of the trust folders names them"`
	Every     Duration `yaml:"every" json:"every" doc:"how often an address is asked at least; 1h"`
	Grace     Duration `yaml:"grace" json:"grace" doc:"how long after its next update a list still counts; 0s"`
	Unknown   string   `yaml:"unknown" json:"unknown" doc:"when no list speaks of a certificate: accept (with a mark), hold or refuse; accept"`
	Stale     string   `yaml:"stale" json:"stale" doc:"when the list is too old: accept (with a mark), hold or refuse; accept"`
}

func (c RevocationConfig) used() bool {
	return len(c.Folders)+len(c.Addresses)+len(c.Hosts) > 0
}

// revocationRules are the words of a configuration for what the lack of a list means.
var revocationRules = map[string]signature.RevocationRule{"": signature.AcceptMarked, "accept": signature.AcceptMarked, "hold": signature.Hold, "refuse": signature.Refuse}

// TrustFolder is a folder of root and intermediate certificates of one trust domain.
type TrustFolder struct {
	Domain string `yaml:"domain" json:"domain" doc:"name of the trust domain"`
	Path   string `yaml:"path" json:"path" doc:"folder of PEM or DER certificates, and of signed trusted lists (TSL, ETSI TS 119 612) in files ending in .xml; looked through every minute"`

	ListSigners []string `yaml:"list_signers" json:"list_signers" doc:"files with the certificates of those who may sign the trusted lists of this folder; without them lists are left alone"`
	StaleList   string   `yaml:"stale_list" json:"stale_list" doc:"when a trusted list should have been followed by another: accept (with a mark), hold or refuse; hold"`
}

// rule is what the configuration's word for a stale list means.
func (f TrustFolder) rule() signature.RevocationRule {
	if f.StaleList == "" {
		return signature.Hold
	}
	return revocationRules[f.StaleList]
}

// FoldersConfig says where messages are exchanged with systems through folders.
type FoldersConfig struct {
	Dir    string   `yaml:"dir" json:"dir" doc:"each contour of a protocol with folders (delivery: push) has one here, with in, out and bad; empty: none"`
	Every  Duration `yaml:"every" json:"every" doc:"how often folders are looked into; 2s"`
	Settle Duration `yaml:"settle" json:"settle" doc:"a message is taken when nothing of it has changed for this long; 2s"`
}

// MailConfig is the router's end of the mail of СМДО.
type MailConfig struct {
	Address string           `yaml:"address" json:"address" doc:"mailbox of the router, to which contours of protocol smdo-mail write; empty: none"`
	SMTP    MailServerConfig `yaml:"smtp" json:"smtp"`
	POP3    MailServerConfig `yaml:"pop3" json:"pop3"`
	Every   Duration         `yaml:"every" json:"every" doc:"how often the mailbox is read; 30s"`
	Largest int64            `yaml:"largest" json:"largest" doc:"octets of a mail that is taken at most; 64 MiB"`
}

// MailServerConfig names a mail server.
type MailServerConfig struct {
	Address  string `yaml:"address" json:"address" doc:"host:port"`
	User     string `yaml:"user" json:"user" doc:"empty: no login (SMTP alone)"`
	Password string `yaml:"password_file" json:"password_file" doc:"file that holds the password"`
	Plain    bool   `yaml:"plain" json:"plain" doc:"without TLS, in a closed network"`
}

// LimitsConfig are sizes in bytes.
type LimitsConfig struct {
	InlineFile  int64 `yaml:"inline_file" json:"inline_file" doc:"a file travels inside its packet up to this size; 65536"`
	InlineTotal int64 `yaml:"inline_total" json:"inline_total" doc:"all files inside one packet; 524288"`
	File        int64 `yaml:"file" json:"file" doc:"one file; 2 GiB"`
	Packet      int64 `yaml:"packet" json:"packet" doc:"all files of one packet; 4 GiB"`
}

// TimingConfig are the hub's patience and leases.
type TimingConfig struct {
	Custody        Duration `yaml:"custody" json:"custody" doc:"a door answers «queued» after this; 10s"`
	Lease          Duration `yaml:"lease" json:"lease" doc:"another instance seals when the sealing one was silent for this long; 5s"`
	Republish      Duration `yaml:"republish" json:"republish" doc:"an unsettled delivery is published again after this; 30s"`
	RegisterWithin Duration `yaml:"register_within" json:"register_within" doc:"registration is overdue after this: a warning; 120h"`
	PullLease      Duration `yaml:"pull_lease" json:"pull_lease" doc:"a packet that is being pulled is neither expired nor withdrawn; 15m"`
	ExpiryGrace    Duration `yaml:"expiry_grace" json:"expiry_grace" doc:"nothing expires this soon after a start; 15m"`
	Keep           Duration `yaml:"keep_submissions" json:"keep_submissions" doc:"admitted submissions stay on the bus; 24h"`
}

// LogConfig says how the hub speaks of itself.
type LogConfig struct {
	Level string `yaml:"level" json:"level" doc:"debug, info, warn or error; info"`
	JSON  bool   `yaml:"json" json:"json" doc:"JSON lines instead of text"`
}

// Duration is a time span in a configuration file.
type Duration time.Duration

// UnmarshalText reads "30s", "15m", "72h".
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil || v < 0 {
		return fmt.Errorf("%q: want a duration such as 30s, 15m or 72h", b)
	}
	*d = Duration(v)
	return nil
}

// MarshalText writes the form that UnmarshalText reads.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

func defaults() Config {
	return Config{
		Data:   "/var/lib/smdo",
		Bus:    BusConfig{Host: "127.0.0.1", Port: 4222, Replicas: 1},
		HTTP:   HTTPConfig{Listen: "127.0.0.1:8080"},
		Timing: TimingConfig{},
		Log:    LogConfig{Level: "info"},
		Memory: 320 << 20,
		Files:  FilesConfig{Grace: Duration(24 * time.Hour)},
	}
}

// loadConfig reads a configuration file. Errors name line and column.
func loadConfig(name string) (Config, error) {
	c := defaults()
	text, err := os.ReadFile(name)
	if err != nil {
		return c, fmt.Errorf("read configuration: %w", err)
	}
	if err := yaml.UnmarshalWithOptions(text, &c, yaml.Strict()); err != nil {
		return c, fmt.Errorf("configuration %s: %s", name, yaml.FormatError(err, false, true))
	}
	return c, c.check()
}

// check refuses what cannot work, all at once.
func (c *Config) check() error {
	var errs []error
	wrong := func(bad bool, field, what string) {
		if bad {
			errs = append(errs, fmt.Errorf("%s: %s", field, what))
		}
	}
	wrong(!filepath.IsAbs(c.Data), "data", "want an absolute path")
	wrong(c.Record.URL != "" && !strings.HasPrefix(c.Record.URL, "postgres://") && !strings.HasPrefix(c.Record.URL, "postgresql://"), "record.url", "want postgres://…, or nothing for SQLite")
	wrong(c.Record.URL != "" && c.Record.URLFile != "", "record.url_file", "set this or record.url, not both")
	wrong((c.HTTP.Cert == "") != (c.HTTP.Key == ""), "http.tls_key", "certificate and key go together")
	wrong(c.Files.S3.Endpoint != "" && c.Files.Dir != "", "files.s3", "set this or files.dir, not both")
	wrong(c.Files.Object && c.Files.ObjectBytes <= 0, "files.jetstream_bytes", "say how large the object store may grow")
	wrong(c.Bus.Replicas != 1 && c.Bus.URL == "", "bus.replicas", "an embedded server has one")
	wrong(c.Log.Level != "" && levels[c.Log.Level] == nil, "log.level", "want debug, info, warn or error")
	_, err := familiesOf(c.Trust.Families)
	wrong(err != nil, "trust.families", fmt.Sprint(err))
	for field, word := range map[string]string{"trust.revocation.unknown": c.Trust.Revocation.Unknown, "trust.revocation.stale": c.Trust.Revocation.Stale} {
		_, known := revocationRules[word]
		wrong(!known, field, "want accept, hold or refuse")
	}
	for i, f := range c.Trust.Folders {
		wrong(f.Domain == "" || f.Path == "", fmt.Sprintf("trust.folders[%d]", i), "needs domain and path")
		_, known := revocationRules[f.StaleList]
		wrong(!known, fmt.Sprintf("trust.folders[%d].stale_list", i), "want accept, hold or refuse")
	}
	c.checkSigners(wrong)
	c.Upstream.check(wrong)
	return errors.Join(errs...)
}

// configSchema is the JSON Schema of the configuration, made from the fields themselves.
func configSchema() map[string]any {
	s := schemaOf(reflect.TypeFor[Config]())
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = "smdo-hub configuration"
	return s
}

func schemaOf(t reflect.Type) map[string]any {
	switch {
	case t == reflect.TypeFor[Duration]():
		return map[string]any{"type": "string", "pattern": "^([0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h))+$"}
	case t.Kind() == reflect.String:
		return map[string]any{"type": "string"}
	case t.Kind() == reflect.Bool:
		return map[string]any{"type": "boolean"}
	case t.Kind() == reflect.Int || t.Kind() == reflect.Int64:
		return map[string]any{"type": "integer", "minimum": 0}
	case t.Kind() == reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem())}
	}
	fields := map[string]any{}
	for f := range t.Fields() {
		field := schemaOf(f.Type)
		if doc := f.Tag.Get("doc"); doc != "" {
			field["description"] = doc
		}
		fields[f.Tag.Get("yaml")] = field
	}
	return map[string]any{"type": "object", "additionalProperties": false, "properties": fields}
}
