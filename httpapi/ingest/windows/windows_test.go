package windows

import (
	"testing"

	"annals/httpapi/ingest/record/recordtest"
)

func TestGolden(t *testing.T) { recordtest.Golden(t, Read) }

func FuzzWindows(f *testing.F) { recordtest.Fuzz(f, Detect, Read) }
