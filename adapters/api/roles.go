package api

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// roles is everything that the holders of keys may do, operation by operation: what is absent is forbidden.
// It is made once a door and not changed.
func roles(operation string) []record.Role {
	const (
		contour = record.RoleContour
		admin   = record.RoleAdmin
		auditor = record.RoleAuditor
	)
	table := map[string][]record.Role{
		"UploadFile":         {contour},
		"SubmitPacket":       {contour},
		"ListPackets":        {contour},
		"GetPacket":          {contour},
		"GetPacketBody":      {contour},
		"ListPacketFiles":    {contour},
		"GetPacketFile":      {contour},
		"WithdrawPacket":     {contour},
		"ListPacketReceipts": {contour, auditor},
		"ListReceipts":       {contour, auditor},
		"StreamReceipts":     {contour, auditor},
		"GetReceipt":         {contour, auditor},
		"SignReceipt":        {contour, auditor},
		"ListMailbox":        {contour},
		"ConfirmMailbox":     {contour},
		"ReportPacket":       {contour},
		"CreateCard":         {contour},
		"ListCards":          {contour},
		"GetCard":            {contour},
		"EditCard":           {contour},
		"AttachFile":         {contour},
		"GetCardFile":        {contour},
		"DetachFile":         {contour},
		"SignCardFile":       {contour},
		"RegisterCard":       {contour},
		"SendCard":           {contour},
		"DecideCard":         {contour},
		"ListTasks":          {contour},
		"GetTask":            {contour},
		"SignTask":           {contour},
		"AcknowledgeTask":    {contour},
		"DeclineTask":        {contour},
		"ListJournals":       {contour},
		"ListJournalCards":   {contour},
		"EmulateSignature":   {contour},
		"ListTrusted":        {contour},
		"GetContour":         {contour, admin},
		"ExplainRules":       {contour, admin},
		"ListContours":       {admin, auditor},
		"GetConfig":          {admin},
		"PutConfig":          {admin},
		"ListConfigVersions": {admin, auditor},
		"GetConfigVersion":   {admin},
		"ApproveConfig":      {admin},
		"RollbackConfig":     {admin},
		"DiffConfig":         {admin},
		"TestConfig":         {admin},
		"DryrunConfig":       {admin},
		"ListKeys":           {admin},
		"AddKey":             {admin},
		"RevokeKey":          {admin},
		"ListDeadLetters":    {admin},
		"GetDeadLetter":      {admin},
		"DropDeadLetter":     {admin},
		"ReturnDeadLetter":   {admin},
		"ReturnDeadLetters":  {admin},
		"Reconcile":          {admin},
	}
	return table[operation]
}

// authenticate finds out who calls the API. The pages beside it need no key.
func (d *door) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, openapi.BasePath+"/") {
			next.ServeHTTP(w, r)
			return
		}
		scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			d.fail(w, r, broker.ErrKey)
			return
		}
		who, err := d.Keys.Identify(r.Context(), strings.TrimSpace(key))
		if err == nil && who.Role == record.RoleContour && !who.Contour.Valid() {
			err = broker.ErrKey // an empty contour would mean everybody's
		}
		if err != nil {
			d.fail(w, r, err)
			return
		}
		callOf(r.Context()).Principal = who
		next.ServeHTTP(w, r)
	})
}

// authorize lets an operation pass for the roles of the table.
func (d *door) authorize(next openapi.StrictHandlerFunc, operation string) openapi.StrictHandlerFunc {
	allowed := roles(operation)
	return func(ctx context.Context, w http.ResponseWriter, r *http.Request, request any) (any, error) {
		c := callOf(ctx)
		c.operation = operation
		if !slices.Contains(allowed, c.Role) {
			return nil, errForbidden
		}
		answer, err := next(ctx, w, r, request)
		if err != nil {
			return nil, err
		}
		// What was read above may have been committed a moment ago: it is shown once it is sealed (D4).
		if err := d.hub.Barrier(ctx); err != nil {
			if open, ok := answer.(io.Closer); ok {
				_ = open.Close() // nobody will read the file, or listen to the stream
			}
			return nil, err
		}
		return answer, nil
	}
}
