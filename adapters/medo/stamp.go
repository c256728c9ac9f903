package medo

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	codec "github.com/smdo-hub/smdo-hub/schemas/medo"
)

// stamps draws the pictures that a container demands, for a document that has none: what was registered, and who signed.
// They stand on the first page, from the upper left corner down.
func stamps(p *document.Packet) func(author, sign int) codec.Stamp {
	return func(author, sign int) codec.Stamp {
		s := codec.Stamp{Page: 1, X: 20, Y: 20 + 35*(sign+1), W: 70, H: 30}
		lines := []string{"ЗАРЕГИСТРИРОВАНО"}
		if sign < 0 {
			s.Name, s.H = fmt.Sprintf("regStamp%d.png", author+1), 15
			if p.Document != nil {
				lines = append(lines, "№ "+p.Document.Number.Number, "от "+p.Document.Number.Date.String())
			}
		} else {
			s.Name = fmt.Sprintf("signStamp%d_%d.png", author+1, sign+1)
			lines = []string{"ДОКУМЕНТ ПОДПИСАН", "ЭЛЕКТРОННОЙ ПОДПИСЬЮ"}
			lines = append(lines, signer(p.Document, author, sign)...)
		}
		s.PNG = picture(s.W, s.H, lines)
		return s
	}
}

// signer names who signed, as far as the document does.
func signer(d *document.Document, author, sign int) []string {
	if d == nil || author >= len(d.Authors) || d.Authors[author].Party.Organization == nil {
		return nil
	}
	o := d.Authors[author].Party.Organization
	if sign >= len(o.Officials) {
		return []string{o.Text}
	}
	return []string{o.Text, o.Officials[sign].Name}
}

// dots is how many dots a millimetre has.
const dots = 6

// picture draws lines within a frame, of a size in millimetres.
func picture(w, h int, lines []string) []byte {
	bounds := image.Rect(0, 0, w*dots, h*dots)
	img := image.NewPaletted(bounds, color.Palette{color.White, color.RGBA{0, 0x33, 0x99, 0xff}})
	for _, side := range []image.Rectangle{image.Rect(0, 0, bounds.Dx(), 3), image.Rect(0, bounds.Dy()-3, bounds.Dx(), bounds.Dy()), image.Rect(0, 0, 3, bounds.Dy()), image.Rect(bounds.Dx()-3, 0, bounds.Dx(), bounds.Dy())} {
		draw.Draw(img, side, image.NewUniform(img.Palette[1]), image.Point{}, draw.Src)
	}
	step := float64(bounds.Dy()-12) / float64(len(lines))
	face := fontFace(min(step*0.8, 28))
	defer face.Close()
	for i, line := range lines {
		d := font.Drawer{Dst: img, Src: image.NewUniform(img.Palette[1]), Face: face, Dot: fixed.P(12, 6+int(step*(float64(i)+0.8)))}
		for runes := []rune(line); d.MeasureString(line).Ceil() > bounds.Dx()-24 && len(runes) > 1; line = string(runes) + "…" {
			runes = runes[:len(runes)-1]
		}
		d.DrawString(line)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil { // into memory
		panic(err)
	}
	return b.Bytes()
}

func fontFace(size float64) font.Face {
	f, err := opentype.Parse(goregular.TTF)
	if err == nil {
		var face font.Face
		if face, err = opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72}); err == nil {
			return face
		}
	}
	panic(err) // the font is part of the program
}
