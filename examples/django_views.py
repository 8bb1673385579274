"""A Django view that receives encrypted notifications from a bank."""

import json

from bank_keys import decrypter
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from joseal import TokenError


@csrf_exempt
@require_POST
def notification(request: HttpRequest) -> HttpResponse:
    try:
        event = json.loads(decrypter.decrypt(request.body))
    except TokenError:
        return HttpResponse(status=400)  # the same response for every error
    return JsonResponse({"received": event["id"]})
