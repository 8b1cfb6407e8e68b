<?php
// Verifies a message of a webhook (Standard Webhooks) with nothing but PHP 8.
// php verify-webhook.php <secret> <webhook-id> <webhook-timestamp> <webhook-signature> < body

const TOLERANCE_SECONDS = 300;

function isAuthentic(string $secret, string $id, string $timestamp, string $signature, string $body): bool
{
    // An old message that somebody sends again is refused.
    if (!ctype_digit($timestamp) || abs(time() - (int) $timestamp) > TOLERANCE_SECONDS) {
        return false;
    }
    $key = base64_decode(preg_replace('/^whsec_/', '', $secret));
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
    // There are two signatures while a secret is being changed.
    foreach (explode(' ', $signature) as $given) {
        if (hash_equals($expected, $given)) {
            return true;
        }
    }
    return false;
}

[, $secret, $id, $timestamp, $signature] = $argv;
$authentic = isAuthentic($secret, $id, $timestamp, $signature, stream_get_contents(STDIN));
echo $authentic ? "authentic\n" : "not authentic\n";
exit($authentic ? 0 : 1);
