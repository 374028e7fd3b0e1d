// pdfkit for a bundle: the build that is given its fonts, with the one font that the sandbox's transcripts use.
import PDFDocument, { registerStdFonts } from "../../node_modules/pdfkit/js/pdfkit.browser.mjs";
import Helvetica from "../../node_modules/pdfkit/js/standard-fonts/Helvetica.mjs";

registerStdFonts(Helvetica);

export default PDFDocument;
