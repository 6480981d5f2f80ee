import type { DetectorName } from "../../../model/redaction.ts";
import { cardStandIn } from "./card.ts";
import { emailStandIn } from "./email.ts";
import { ibanStandIn } from "./iban.ts";
import { jwtStandIn } from "./jwt.ts";
import type { StandInMaker } from "./maker.ts";
import {
  deTaxIdStandIn,
  esDniStandIn,
  frNirStandIn,
  ukNinoStandIn,
  usSsnStandIn,
} from "./national.ts";
import { apiKeyStandIn, bearerStandIn } from "./opaque.ts";
import { phoneStandIn } from "./phone.ts";
import { privateKeyStandIn } from "./private-key.ts";

/** The stand-ins of each kind of data that a detector knows. */
export const STAND_INS: Readonly<Record<DetectorName, StandInMaker>> = {
  card: cardStandIn,
  iban: ibanStandIn,
  email: emailStandIn,
  jwt: jwtStandIn,
  bearer: bearerStandIn,
  api_key: apiKeyStandIn,
  phone: phoneStandIn,
  private_key: privateKeyStandIn,
  us_ssn: usSsnStandIn,
  uk_nino: ukNinoStandIn,
  de_tax_id: deTaxIdStandIn,
  fr_nir: frNirStandIn,
  es_dni: esDniStandIn,
};
