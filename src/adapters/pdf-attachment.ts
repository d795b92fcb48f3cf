import { AFRelationship, PDFDocument } from '@cantoo/pdf-lib';

/** Puts a file inside a PDF, as PDF 2.0 §14.13 associates one, and names title and subject for readers. */
export async function attachToPdf(
  pdf: Uint8Array,
  file: { readonly name: string; readonly bytes: Uint8Array; readonly mimeType: string; readonly description: string },
  about: { readonly title: string; readonly at: Date },
): Promise<Buffer> {
  const document = await PDFDocument.load(pdf, { updateMetadata: false });
  await document.attach(file.bytes, file.name, {
    mimeType: file.mimeType,
    description: file.description,
    creationDate: about.at,
    modificationDate: about.at,
    afRelationship: AFRelationship.Source,
  });
  document.setTitle(about.title, { showInWindowTitleBar: true });
  document.setCreationDate(about.at);
  document.setModificationDate(about.at);
  return Buffer.from(await document.save({ useObjectStreams: false }));
}
