package smdo

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// tokenLife is how long a token is good for.
const tokenLife = time.Hour

// token gives an access token for the contour's code and one of its API keys (OAuth 2.0, client credentials).
//
// Any instance can check a token without a list of them: it is the key's id and the end of its life, signed with the digest
// of the key's secret, which the record keeps. A key that is revoked takes its tokens along.
func (d *door) token(w http.ResponseWriter, r *http.Request) error {
	user, password, ok := r.BasicAuth()
	if !ok {
		return errCredentials
	}
	grant := r.URL.Query().Get("grant_type")
	if grant == "" {
		grant = r.PostFormValue("grant_type")
	}
	if grant != "client_credentials" {
		return &refusal{http.StatusBadRequest, document.Faults{document.NewFault(document.PacketMalformed, "grant_type", "client_credentials")}}
	}
	who, err := d.Keys.Identify(r.Context(), password)
	if errors.Is(err, broker.ErrKey) || err == nil && (who.Role != record.RoleContour || string(who.Contour) != user || !who.Contour.Valid()) {
		return errCredentials
	}
	if err != nil {
		return err
	}
	key, err := d.Keys.Key(r.Context(), who.KeyID)
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	end := d.Clock().Add(tokenLife)
	if !key.Expires.IsZero() && key.Expires.Before(end) {
		end = key.Expires
	}
	return answerJSON(w, http.StatusOK, map[string]any{
		"access_token": tokenOf(key, end), "token_type": "Bearer", "scope": "application", "expires_in": int(end.Sub(d.Clock()).Seconds()),
	})
}

func tokenOf(key record.APIKey, end time.Time) string {
	claim := key.ID + "." + strconv.FormatInt(end.Unix(), 10)
	return claim + "." + base64.RawURLEncoding.EncodeToString(seal(key, claim))
}

func seal(key record.APIKey, claim string) []byte {
	mac := hmac.New(sha256.New, key.Secret[:])
	mac.Write([]byte("smdo token " + claim))
	return mac.Sum(nil)
}

// holder is the contour that a token was given to; broker.ErrKey when it is not good, or no more.
func (d *door) holder(ctx context.Context, token string) (document.ContourCode, error) {
	claim, mac, ok := cutLast(token)
	id, until, found := strings.Cut(claim, ".")
	end, err := strconv.ParseInt(until, 10, 64)
	given, bad := base64.RawURLEncoding.DecodeString(mac)
	if !ok || !found || err != nil || bad != nil || len(token) > 200 {
		return "", broker.ErrKey
	}
	key, err := d.Keys.Key(ctx, id)
	if errors.Is(err, record.ErrNotFound) {
		return "", broker.ErrKey
	}
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	now := d.Clock()
	good := hmac.Equal(given, seal(key, claim)) && now.Before(time.Unix(end, 0)) && key.Revoked.IsZero() && (key.Expires.IsZero() || now.Before(key.Expires))
	if !good || key.Role != record.RoleContour || !key.Contour.Valid() {
		return "", broker.ErrKey
	}
	return key.Contour, nil
}

// cutLast cuts at the last dot.
func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, '.')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

func answerJSON(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return answer(w, status, b)
}

func answer(w http.ResponseWriter, status int, body []byte) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone
	return nil
}
