# make test    everything that has to pass, on a fresh Debian 12 with Go
# make bench   the hub's path beside the bare one, with figures
# make soak    the long forms of the fault tests
# make generate  code made from schemas/proto and schemas/openapi

GO       ?= go
TOOLS    := .tools/go.mod
TOOL     := $(GO) tool -modfile=$(TOOLS)
PACKAGES := ./...
# Arithmetic and formats without goroutines: the race detector would find nothing there, slowly. The file stores move
# gigabytes: they run whole without it, and what goes on at once in them with it.
PURE     := ./broker/blob ./contours/signature/curve ./contours/signature/gost3410 ./contours/signature/bign ./contours/signature/streebog ./contours/signature/gost94 \
            ./contours/signature/belt ./contours/signature/bash ./contours/signature/xmldsig ./contours/signature/asic ./contours/signature/timestamp \
            ./schemas/markup ./schemas/zones ./schemas/sdip ./schemas/gost53898 ./schemas/medo
RACED     = $(filter-out $(PURE:./%=github.com/smdo-hub/smdo-hub/%),$(shell $(GO) list ./...))
export SMDO_TEST_STRICT = 1

.PHONY: test tools-installed generate generated vet lint unit bench-quick bench soak build

test: tools-installed generated vet lint unit bench-quick

# What the tests need besides Go: PostgreSQL's server programs, and tools to be checked against.
tools-installed:
	@sh .ci/install

build:
	$(GO) build -trimpath -o bin/smdo ./cmd/smdo

generate:
	cd schemas/proto && $(GO) tool -modfile=../../$(TOOLS) buf generate
	cd schemas/openapi && $(GO) tool -modfile=../../$(TOOLS) oapi-codegen -config oapi-codegen.yaml smdo.yaml

# Generated code is checked in; this fails when it is not what its sources say.
generated:
	@before=$$(cat schemas/proto/smdo/v1/*.go schemas/openapi/*.gen.go | sha256sum); $(MAKE) -s generate; \
	after=$$(cat schemas/proto/smdo/v1/*.go schemas/openapi/*.gen.go | sha256sum); \
	[ "$$before" = "$$after" ] || { echo "generated code is stale: run 'make generate' and commit"; exit 1; }
	cd schemas/proto && $(GO) tool -modfile=../../$(TOOLS) buf lint

vet:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "not gofmt-ed:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet $(PACKAGES)
	$(GO) vet -tags pkcs11 ./contours/signature/pkcs11 ./cmd/smdo
	cd cmd/smdo-bench && $(GO) vet ./...

lint:
	$(TOOL) staticcheck $(PACKAGES)
	$(TOOL) staticcheck -tags pkcs11 ./contours/signature/pkcs11

unit:
	$(GO) test -timeout 10m -cover $(PURE)
	$(GO) test -race -timeout 10m -run 'Collector|Sweeps|Broken' ./broker/blob
	$(GO) test -race -timeout 10m -tags pkcs11 ./contours/signature/pkcs11
	$(GO) test -timeout 10m -tags pkcs11 -run Signing ./cmd/smdo
	$(GO) test -race -timeout 15m -coverprofile=/tmp/smdo-cover.out $(RACED)
	@$(GO) tool cover -func=/tmp/smdo-cover.out | tail -n 1

bench-quick:
	cd cmd/smdo-bench && $(GO) run . -quick

bench:
	cd cmd/smdo-bench && $(GO) run .
	cd cmd/smdo-bench && $(GO) run . -family std,gost,stb -record postgres -w 2048 -n 5000 -rounds 3

soak:
	SMDO_SOAK=1 $(GO) test -timeout 3h -count=1 -v -run 'Killed|TwoProcesses' ./cmd/smdo
