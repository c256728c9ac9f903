package api

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// GetConfig returns the contours file in force.
func (d *door) GetConfig(ctx context.Context, _ openapi.GetConfigRequestObject) (openapi.GetConfigResponseObject, error) {
	file, err := d.configFile(ctx, 0)
	return openapi.GetConfig200ApplicationYamlResponse{ConfigFileApplicationYamlResponse: file}, err
}

// GetConfigVersion returns one version of it.
func (d *door) GetConfigVersion(ctx context.Context, r openapi.GetConfigVersionRequestObject) (openapi.GetConfigVersionResponseObject, error) {
	if r.Version < 1 {
		return nil, notFound("version")
	}
	file, err := d.configFile(ctx, r.Version)
	return openapi.GetConfigVersion200ApplicationYamlResponse{ConfigFileApplicationYamlResponse: file}, err
}

func (d *door) configFile(ctx context.Context, version int64) (openapi.ConfigFileApplicationYamlResponse, error) {
	rules, err := d.Record.RulesVersion(ctx, version)
	if err != nil {
		return openapi.ConfigFileApplicationYamlResponse{}, fmt.Errorf("rules %d: %w", version, err)
	}
	return openapi.ConfigFileApplicationYamlResponse{
		Body: bytes.NewReader(rules.Text), ContentLength: int64(len(rules.Text)), Headers: openapi.ConfigFileResponseHeaders{ETag: etag(rules.Version)},
	}, nil
}

// readConfig reads and checks a contours file of the request.
func readConfig(body io.Reader) ([]byte, *contours.Config, error) {
	if body == nil {
		return nil, nil, errMedia
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, nil, brokenPart(err)
	}
	config, problems := contours.Parse(text)
	if len(problems) > 0 {
		return nil, nil, problems
	}
	return text, config, nil
}

// PutConfig puts a file in force, or forward for approval.
func (d *door) PutConfig(ctx context.Context, r openapi.PutConfigRequestObject) (openapi.PutConfigResponseObject, error) {
	text, config, err := readConfig(r.Body)
	if err != nil {
		return nil, err
	}
	base := d.hub.Book().Version()
	if r.Params.IfMatch != nil && *r.Params.IfMatch != "*" {
		if base, err = versionOf(r.Params.IfMatch); err != nil {
			return nil, err
		}
	}
	rules, err := d.propose(ctx, text, config, value(r.Params.Comment), base)
	if err != nil {
		return nil, err
	}
	if rules.Pending {
		return openapi.PutConfig202JSONResponse(versionView(rules)), nil
	}
	return openapi.PutConfig200JSONResponse(versionView(rules)), nil
}

// propose puts a file forward when the cases that stand in it pass.
func (d *door) propose(ctx context.Context, text []byte, config *contours.Config, comment string, base int64) (record.Rules, error) {
	if err := short("comment", comment, 1000); err != nil {
		return record.Rules{}, err
	}
	results, err := d.runCases(config)
	if err != nil {
		return record.Rules{}, err
	}
	var failed contours.Problems
	for i, r := range results {
		if !r.Passed {
			failed = append(failed, contours.Problem{Path: fmt.Sprintf("cases[%d]", i), Code: contours.CaseFailed, Args: []string{r.Case.Name}})
		}
	}
	if len(failed) > 0 {
		return record.Rules{}, failed
	}
	return d.hub.ProposeRules(ctx, text, comment, handOf(ctx), base)
}

// handOf names who changes the rules: the key.
func handOf(ctx context.Context) string { return "key:" + callOf(ctx).KeyID }

func (d *door) runCases(config *contours.Config) ([]contours.CaseResult, error) {
	book, err := contours.NewBook(config, 0)
	if err != nil {
		return nil, fmt.Errorf("compile rules: %w", err)
	}
	return book.RunCases(config.Cases, d.hub.Clock()), nil
}

func versionView(r record.Rules) openapi.ConfigVersion {
	return openapi.ConfigVersion{
		Version: r.Version, Active: r.Active, Pending: r.Pending, By: r.By, Approved: r.Approved, Comment: r.Comment, At: r.At.UTC(),
		Sha256: hex.EncodeToString(r.Digest[:]),
	}
}

// ListConfigVersions lists versions, newest first.
func (d *door) ListConfigVersions(ctx context.Context, r openapi.ListConfigVersionsRequestObject) (openapi.ListConfigVersionsResponseObject, error) {
	p, err := page(r.Params.After, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	before := int64(0)
	if p.After != "" {
		if before, err = strconv.ParseInt(strings.TrimSpace(p.After), 10, 64); err != nil || before < 1 {
			return nil, bad("after", "a cursor of this list")
		}
	}
	versions, err := d.Record.RulesVersions(ctx, before, p.Limit)
	if err != nil {
		return nil, fmt.Errorf("versions: %w", err)
	}
	view := openapi.ConfigVersionPage{Items: make([]openapi.ConfigVersion, len(versions))}
	for i, v := range versions {
		view.Items[i] = versionView(v)
	}
	if n := len(versions); n == p.Limit && versions[n-1].Version > 1 {
		view.Next = strconv.FormatInt(versions[n-1].Version, 10)
	}
	return openapi.ListConfigVersions200JSONResponse(view), nil
}

// ApproveConfig puts a waiting version in force, by another key than the one that put it forward.
func (d *door) ApproveConfig(ctx context.Context, r openapi.ApproveConfigRequestObject) (openapi.ApproveConfigResponseObject, error) {
	if r.Version < 1 {
		return nil, notFound("version")
	}
	rules, err := d.hub.ApproveRules(ctx, r.Version, handOf(ctx))
	if err != nil {
		return nil, err
	}
	return openapi.ApproveConfig200JSONResponse(versionView(rules)), nil
}

// RollbackConfig puts the text of an earlier version forward as a new one, by the same rules as any other.
func (d *door) RollbackConfig(ctx context.Context, r openapi.RollbackConfigRequestObject) (openapi.RollbackConfigResponseObject, error) {
	if r.Body.Version < 1 {
		return nil, notFound("version")
	}
	old, err := d.Record.RulesVersion(ctx, r.Body.Version)
	if err != nil {
		return nil, fmt.Errorf("rules %d: %w", r.Body.Version, err)
	}
	text, config, err := readConfig(bytes.NewReader(old.Text))
	if err != nil {
		return nil, err
	}
	comment := r.Body.Comment
	if comment == "" {
		comment = fmt.Sprintf("rollback to version %d", old.Version)
	}
	rules, err := d.propose(ctx, text, config, comment, d.hub.Book().Version())
	if err != nil {
		return nil, err
	}
	if rules.Pending {
		return openapi.RollbackConfig202JSONResponse(versionView(rules)), nil
	}
	return openapi.RollbackConfig200JSONResponse(versionView(rules)), nil
}
