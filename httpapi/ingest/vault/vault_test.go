package vault

import (
	"testing"

	"annals/httpapi/ingest/record/recordtest"
)

func TestGolden(t *testing.T) { recordtest.Golden(t, Read) }

func FuzzVault(f *testing.F) { recordtest.Fuzz(f, Detect, Read) }
