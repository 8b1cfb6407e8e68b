import { foldTitle } from './characters.ts';

/** How sure a title is of its column: `voucher code` before `code` before `voucher` before `serial`. 0: it is not known. */
export type TitleScore = (foldedTitle: string) => number;

const words = (text: string) =>
  text
    .trim()
    .split(/\s*,\s*/)
    .map(foldTitle);

/** English, Spanish, German, French, Italian, Portuguese: what a code is of. */
const THINGS =
  words(`coupon, coupons, voucher, vouchers, promo, promos, promotion, promotional, discount, gift, gift card, giftcard,
  gift voucher, gift certificate, reward, redemption, redeem, offer, activation, cupón, cupones, cupon descuento, vale, vales, descuento,
  promoción, promocional, regalo, tarjeta regalo, tarjeta de regalo, bono, canje, gutschein, gutscheine, rabatt, aktion, aktions, gutschein und rabatt,
  geschenk, geschenkkarte, geschenkkarten, geschenkgutschein, einlöse, bon, bon d'achat, bon de réduction, bon cadeau, chèque cadeau,
  coupon de réduction, réduction, remise, promotionnel, cadeau, carte cadeau, avantage, buono, buoni, buono sconto, buono regalo,
  sconto, promozione, promozionale, coupon sconto, carta regalo, omaggio, cupom, cupons, cupão, cupões, desconto, vale presente, vale desconto,
  vale oferta, cartão presente, cartão oferta, promoção, oferta, resgate`);
/** Those that name a code also when they stand alone. */
const ALONE =
  words(`coupon, coupons, voucher, vouchers, promo, gift card, giftcard, gift voucher, gift certificate, cupón, cupones, vale, vales,
  tarjeta regalo, tarjeta de regalo, gutschein, gutscheine, geschenkkarte, geschenkkarten, geschenkgutschein, bon d'achat, bon de réduction, bon cadeau,
  chèque cadeau, carte cadeau, buono, buoni, buono sconto, buono regalo, carta regalo, cupom, cupons, cupão, cupões, vale presente,
  vale desconto, cartão presente, cartão oferta`);
const CODE = words(`code, codes, código, códigos, codice, codici, kode`);
const NUMBER = words(
  `number, numbers, no, nr, nummer, nummern, num, número, números, numéro, numéros, numero, numeri, id, key, pin, serial`,
);
const WEAK =
  words(`serial, serial number, serial no, serial code, serials, serie, número de serie, nº de serie, clave, key, keys, license key,
  pin, seriennummer, schlüssel, numéro de série, clé, numero di serie, seriale, chiave, número de série, chave, unique code, unique id`);
const LINKS = ['', ...words('de, del, de la, du, do, da, di, d, of, des, für')];

const SCORES = new Map<string, number>();
for (const word of WEAK) SCORES.set(word, 1);
for (const word of ALONE) SCORES.set(word, 2);
for (const word of CODE) SCORES.set(word, 3);
for (const thing of THINGS) {
  for (const name of [...CODE, ...NUMBER]) {
    SCORES.set(thing + name, 4);
    SCORES.set(`${thing}s${name}`, 4);
    for (const link of LINKS) SCORES.set(name + link + thing, 4);
  }
}

/** Whether a code, as it is kept, is one of the titles. */
export const isCodeTitle = (code: string): boolean =>
  (SCORES.get(code.replace(/[_-]/g, '').toLowerCase()) ?? 0) > 1;

export const codeTitle: TitleScore = (title) => SCORES.get(title) ?? 0;

const EMAIL = new Set(
  words(`email, e-mail, emails, e-mails, mail, mails, email address, e-mail address, mail address, email id, email addresses,
  correo, correo electrónico, correos, dirección de correo, dirección de correo electrónico, dirección de email, e-mail-adresse, email-adresse,
  mailadresse, emailadressen, courriel, courriels, adresse e-mail, adresse mail, adresse courriel, adresse électronique, adresse de courriel,
  posta elettronica, indirizzo e-mail, indirizzo email, indirizzo mail, indirizzo di posta elettronica, correio, correio eletrónico, correio eletrônico,
  endereço de e-mail, endereço de email, endereço eletrônico, recipient email, customer email, user email, contact email, work email, kunden e-mail`),
);

/** `email` alone before what says more about it: `Email`, `Manager email`. */
export const emailTitle: TitleScore = (title) => (EMAIL.has(title) ? (title.length <= 5 ? 2 : 1) : 0);

const NAMES = {
  full: words(`name, names, full name, display name, customer name, contact name, nombre completo, nombre y apellidos, kunde, vollständiger name,
    nom complet, nom et prénom, nome completo, nome e cognome, nominativo`),
  first: words(
    `first name, firstname, given name, forename, nombre, nombres, vorname, prénom, nome, primeiro nome`,
  ),
  last: words(`last name, lastname, surname, family name, apellido, apellidos, nachname, familienname, nom, nom de famille, cognome, sobrenome,
    apelido, último nome`),
};

/** The columns of people's names: one with the whole name, or first and last name. */
export function findNameColumns(header: readonly string[]): number[] {
  const titles = header.map(foldTitle);
  const find = (known: string[]) => titles.findIndex((title) => known.includes(title));
  const [full, first, last] = [find(NAMES.full), find(NAMES.first), find(NAMES.last)];
  const parts = [first, last].filter((column) => column >= 0);
  // "Name" beside "Vorname" is the last name.
  if (full >= 0 && parts.length === 1) return first >= 0 ? [first, full] : [full, last];
  return full >= 0 ? [full] : parts;
}
