package export

import (
	"archive/zip"
	"bufio"
	"cmp"
	"io"
	"strings"

	"github.com/klauspost/compress/flate"

	"annals/engine"
)

// withZips adds each format in a zip.
func withZips(plain []Format) []Format {
	all := plain
	for _, f := range plain {
		all = append(all, Zipped(f))
	}
	return all
}

// Zipped is a format in a zip. The directory of a zip is its end, so that one which broke off does not open.
func Zipped(f Format) Format {
	return Format{f.Name + ".zip", "application/zip", f.Columns, func(w io.Writer, o Options) Encoder { return newZipped(w, o, f) }}
}

// archive is a zip that is written straight through, in pieces that are worth a write.
type archive struct {
	*zip.Writer
	out *bufio.Writer
}

func newArchive(w io.Writer) archive {
	out := bufio.NewWriterSize(w, chunkBytes)
	z := zip.NewWriter(out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	return archive{z, out}
}

// Close writes the directory.
func (a archive) Close() error {
	if err := a.Writer.Close(); err != nil {
		return err
	}
	return a.out.Flush()
}

// zipped is a file of another format, alone in a zip.
type zipped struct {
	archive archive
	file    Encoder
	err     error // why the file could not be begun
}

func newZipped(w io.Writer, o Options, f Format) Encoder {
	z := &zipped{archive: newArchive(w)}
	var entry io.Writer
	name := cmp.Or(strings.TrimSuffix(o.Name, ".zip"), "events."+f.Name)
	if entry, z.err = z.archive.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: o.About.At}); z.err == nil {
		z.file = f.New(entry, o)
	}
	return z
}

func (z *zipped) Write(e *engine.Event) error {
	if z.err != nil {
		return z.err
	}
	return z.file.Write(e)
}

func (z *zipped) Close() error {
	if z.err != nil {
		return z.err
	}
	if err := z.file.Close(); err != nil {
		return err
	}
	return z.archive.Close()
}
